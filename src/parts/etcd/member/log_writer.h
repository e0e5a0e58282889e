// The thread that writes the log. Appends that gather while it syncs are written by
// the next sync together.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "io/task/loop.h"
#include "parts/etcd/raft/ready.h"
#include "parts/etcd/wal/wal.h"

namespace argosy::etcd::member {

struct LogAppend {
  raft::AppendId id;
  raft::HardState hard_state;  // empty: unchanged
  std::vector<raft::Entry> entries;
  bool must_sync = false;
  std::optional<raft::Snapshot> snapshot;  // to be saved before the rest
};

class LogWriter {
 public:
  struct Stats {
    Duration fsync_took{};
    uint64_t bytes_written = 0;
  };
  // Told on the loop, in order: all appends up to this one are durable.
  using OnAppended = std::function<void(raft::AppendId, Stats)>;
  // Told on the loop, once: nothing more will be written.
  using OnFailed = std::function<void(Error)>;

  LogWriter(Loop& loop, Disk& disk, std::string snap_dir, std::unique_ptr<wal::Wal> log,
            OnAppended on_appended, OnFailed on_failed);
  // Writes what is queued, then ends.
  ~LogWriter();

  void append(LogAppend append);
  // Runs on the thread between appends; `done` on the loop.
  void run(std::move_only_function<Result<void>(wal::Wal&)> work,
           std::move_only_function<void(Result<void>)> done);

 private:
  struct Job {
    std::optional<LogAppend> append;
    std::move_only_function<Result<void>(wal::Wal&)> work;
    std::move_only_function<void(Result<void>)> done;
  };
  void serve();
  void write_all(std::deque<Job> jobs);
  Result<void> write(std::vector<LogAppend>& batch);
  void flush(std::vector<LogAppend>& batch);
  void fail_with(Error error);

  Loop& loop_;
  Disk& disk_;
  std::string snap_dir_;
  std::unique_ptr<wal::Wal> log_;
  OnAppended on_appended_;
  OnFailed on_failed_;
  bool has_failed_ = false;  // the thread's

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace argosy::etcd::member
