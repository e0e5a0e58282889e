#include "parts/update_service/store/desk.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "lib/sql/servers_lock.h"

namespace argosy::update_service {
namespace {

// Of all servers on one PostgreSQL, one writes at a time: 'argosy' in ASCII.
constexpr int64_t kServersLock = 0x617267'6f7379;
constexpr int kMostTries = 20;
constexpr milliseconds kOpenAgainAfter(25);

}  // namespace

Result<std::unique_ptr<sql::Database>> open_database(const std::string& where) {
  const bool is_postgres = where.starts_with("postgres://") || where.starts_with("postgresql://") ||
                           where.find('=') != std::string::npos;
  if (is_postgres) return sql::open_postgres(where);
  // SQLite does not wait for another that makes the file a write-ahead log's.
  auto opened = sql::open_sqlite(where);
  for (int i = 0; i < kMostTries && !opened && opened.error().code() == Code::kAborted; ++i) {
    std::this_thread::sleep_for(kOpenAgainAfter);
    opened = sql::open_sqlite(where);
  }
  return opened;
}

// One thread and its connection. The writer takes all that waits, the reader one by one.
struct Desk::Impl {
  struct Line {
    std::unique_ptr<sql::Database> database;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Job> jobs;
    bool stopping = false;
    std::thread thread;
  };

  explicit Impl(Loop& of_loop) : loop(of_loop) {}

  Loop& loop;
  size_t max_batch = 1;
  Line writer, reader;
  bool has_reader = false;
  std::atomic<uint64_t> batches{0}, writes{0}, retries{0};

  static std::vector<Job> take(Line& line, size_t most) {
    std::unique_lock lock(line.mutex);
    line.changed.wait(lock, [&] { return line.stopping || !line.jobs.empty(); });
    std::vector<Job> taken;
    if (line.stopping) return taken;
    while (!line.jobs.empty() && taken.size() < most) {
      taken.push_back(std::move(line.jobs.front()));
      line.jobs.pop_front();
    }
    return taken;
  }

  void write_all() {
    while (true) {
      std::vector<Job> batch = take(writer, max_batch);
      if (batch.empty()) return;
      writes += batch.size();
      keep(batch);
    }
  }

  // All in one transaction; if one of them cannot be done, each in its own.
  void keep(std::vector<Job>& batch) {
    Result<void> kept = try_often(batch);
    const bool is_there = kept || kept.error().code() != Code::kUnavailable;
    if (!kept && is_there && batch.size() > 1) {
      ++retries;
      for (Job& job : batch) {
        std::vector<Job> alone;
        alone.push_back(std::move(job));
        keep(alone);
      }
      return;
    }
    tell(batch, kept);
  }

  Result<void> try_often(std::vector<Job>& batch) {
    Result<void> kept;
    for (int i = 0; i < kMostTries; ++i) {
      kept = try_once(batch);
      if (kept || kept.error().code() != Code::kAborted) return kept;
      ++retries;
    }
    return kept;
  }

  Result<void> try_once(std::vector<Job>& batch) {
    sql::Database& database = *writer.database;
    const sql::ServersLock lock = TRY(sql::ServersLock::take(database, kServersLock));
    sql::Transaction transaction = TRY(sql::Transaction::begin(database));
    for (Job& job : batch) TRY(job.work(database));
    ++batches;
    return transaction.commit();
  }

  void read_all() {
    while (true) {
      std::vector<Job> jobs = take(reader, 1);
      if (jobs.empty()) return;
      for (Job& job : jobs) {
        Result<void> done = job.work(*reader.database);
        if (!done && done.error().code() == Code::kAborted) done = job.work(*reader.database);
      }
      tell(jobs, {});
    }
  }

  // A read's own error is in its outcome.
  void tell(std::vector<Job>& jobs, const Result<void>& kept) {
    auto told = std::make_shared<std::vector<Job>>(std::move(jobs));
    if (kept) {
      loop.post_from_any_thread([told] {
        for (Job& job : *told) job.done();
      });
    } else {
      loop.post_from_any_thread([told, error = kept.error()] {
        for (Job& job : *told) job.fails(error);
      });
    }
  }

  static void stop(Line& line) {
    {
      const std::scoped_lock lock(line.mutex);
      line.stopping = true;
    }
    line.changed.notify_all();
    if (line.thread.joinable()) line.thread.join();
  }
};

Desk::Desk(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Desk::~Desk() {
  Impl::stop(impl_->writer);
  Impl::stop(impl_->reader);
}

Result<std::unique_ptr<Desk>> Desk::open(Loop& loop, DeskOptions options) {
  auto impl = std::make_unique<Impl>(loop);
  impl->max_batch = options.max_batch;
  impl->writer.database = TRY(open_database(options.database));
  TRY_CONTEXT(sql::migrate(*impl->writer.database, options.steps), "the database's tables");
  // A database in memory is seen by its own connection only.
  impl->has_reader = options.database != ":memory:";
  if (impl->has_reader) impl->reader.database = TRY(open_database(options.database));
  Impl& started = *impl;
  started.writer.thread = std::thread([&started] { started.write_all(); });
  if (started.has_reader) {
    started.reader.thread = std::thread([&started] { started.read_all(); });
  }
  return std::unique_ptr<Desk>(new Desk(std::move(impl)));
}

void Desk::submit(Side side, Job job) {
  const bool is_read = side == Side::kReader && impl_->has_reader;
  Impl::Line& line = is_read ? impl_->reader : impl_->writer;
  {
    const std::scoped_lock lock(line.mutex);
    line.jobs.push_back(std::move(job));
  }
  line.changed.notify_one();
}

Loop& Desk::loop() {
  return impl_->loop;
}

DeskFigures Desk::figures() const {
  const std::scoped_lock lock(impl_->writer.mutex);
  return {.batches = impl_->batches,
          .writes = impl_->writes,
          .retries = impl_->retries,
          .waiting = impl_->writer.jobs.size()};
}

}  // namespace argosy::update_service
