#include "parts/etcd/member/log_writer.h"

#include "parts/etcd/snap/snap.h"
#include "sys/clock/clock.h"

namespace argosy::etcd::member {

LogWriter::LogWriter(Loop& loop, Disk& disk, std::string snap_dir, std::unique_ptr<wal::Wal> log,
                     OnAppended on_appended, OnFailed on_failed)
    : loop_(loop),
      disk_(disk),
      snap_dir_(std::move(snap_dir)),
      log_(std::move(log)),
      on_appended_(std::move(on_appended)),
      on_failed_(std::move(on_failed)),
      thread_([this] { serve(); }) {}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LogWriter::append(LogAppend append) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({std::move(append), {}, {}});
  }
  wake_.notify_one();
}

void LogWriter::run(std::move_only_function<Result<void>(wal::Wal&)> work,
                    std::move_only_function<void(Result<void>)> done) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({std::nullopt, std::move(work), std::move(done)});
  }
  wake_.notify_one();
}

void LogWriter::serve() {
  while (true) {
    std::deque<Job> jobs;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      jobs.swap(queue_);
    }
    write_all(std::move(jobs));
  }
}

void LogWriter::write_all(std::deque<Job> jobs) {
  std::vector<LogAppend> batch;
  for (Job& job : jobs) {
    if (job.append) {
      batch.push_back(*std::move(job.append));
      continue;
    }
    flush(batch);
    Result<void> outcome = job.work(*log_);
    loop_.post_from_any_thread(
        [done = std::move(job.done), outcome = std::move(outcome)]() mutable {
          done(std::move(outcome));
        });
  }
  flush(batch);
  if (!has_failed_) {
    const auto prepared = log_->prepare_next_segment();
    (void)prepared;  // the cut will try again and report it
  }
}

void LogWriter::flush(std::vector<LogAppend>& batch) {
  if (batch.empty() || has_failed_) return batch.clear();
  const MonotonicTime began = real_clock().now();
  const raft::AppendId last = batch.back().id;
  const auto written = write(batch);
  batch.clear();
  if (!written) return fail_with(written.error());
  const Stats stats{real_clock().now() - began, log_->bytes_written()};
  loop_.post_from_any_thread([this, last, stats] { on_appended_(last, stats); });
}

Result<void> LogWriter::write(std::vector<LogAppend>& batch) {
  raft::HardState hard_state;
  std::vector<raft::Entry> entries;
  bool must_sync = false;
  for (LogAppend& append : batch) {
    if (append.snapshot) {
      if (!entries.empty() || !hard_state.is_empty()) {
        TRY(log_->save(hard_state, entries, true));
        entries.clear();
      }
      const raft::SnapshotMetadata& metadata = append.snapshot->metadata;
      TRY(snap::save(disk_, snap_dir_, *append.snapshot));
      TRY(log_->save_snapshot({metadata.index, metadata.term}));
      must_sync = true;
    }
    if (!append.hard_state.is_empty()) hard_state = append.hard_state;
    must_sync = must_sync || append.must_sync;
    if (entries.empty()) {
      entries = std::move(append.entries);
    } else {
      std::move(append.entries.begin(), append.entries.end(), std::back_inserter(entries));
    }
  }
  if (entries.empty() && hard_state.is_empty() && !must_sync) return {};
  return log_->save(hard_state, entries, must_sync);
}

void LogWriter::fail_with(Error error) {
  has_failed_ = true;
  loop_.post_from_any_thread(
      [this, error = std::move(error)]() mutable { on_failed_(std::move(error)); });
}

}  // namespace argosy::etcd::member
