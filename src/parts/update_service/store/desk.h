// The desk where the database's work is done: one thread writes, one reads, and coroutines
// of the loop wait. What waits to be written is written in one transaction (group commit):
// a disk's sync, or the lock between servers on one PostgreSQL, is paid once for all of it.
//
// A function that is given to write() may run more than once, when the transaction that it
// was part of failed: it must own what it touches, and leave it as it was. It runs on
// another thread; only its last result reaches the waiter. Its changes are durable when the
// waiter goes on.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "io/task/wait.h"
#include "lib/sql/database.h"
#include "lib/sql/migrate.h"
#include "sys/clock/clock.h"

namespace argosy::update_service {

// "postgres://..." or "postgresql://...", a libpq connection string (it has a '='), else
// the path of an SQLite file.
Result<std::unique_ptr<sql::Database>> open_database(const std::string& where);

struct DeskOptions {
  std::string database;
  // In the order of their birth; see migrate.h. A folder with tables of its own exports its
  // steps as `std::span<const sql::Step>`, and the server's list names them all.
  std::vector<sql::Step> steps;
  size_t max_batch = 512;
};

struct DeskFigures {
  uint64_t batches = 0;
  uint64_t writes = 0;
  uint64_t retries = 0;  // batches that had to be done again
  uint64_t waiting = 0;
};

class Desk {
 public:
  // Opens, migrates, starts the threads.
  static Result<std::unique_ptr<Desk>> open(Loop& loop, DeskOptions options);
  // Finishes what was begun; what waits is dropped.
  ~Desk();

  template <typename T>
  Task<T> write(std::function<Result<T>(sql::Database&)> work) {
    return run<T>(Side::kWriter, std::move(work));
  }
  // Sees what was committed; not in a transaction.
  template <typename T>
  Task<T> read(std::function<Result<T>(sql::Database&)> work) {
    return run<T>(Side::kReader, std::move(work));
  }

  DeskFigures figures() const;

 private:
  enum class Side : uint8_t { kWriter, kReader };
  struct Job {
    // Gives the error that the database had, if it had one.
    std::function<Result<void>(sql::Database&)> work;
    std::function<void()> done;        // on the loop's thread
    std::function<void(Error)> fails;  // on the loop's thread: the batch could not be kept
  };
  struct Impl;

  explicit Desk(std::unique_ptr<Impl> impl);
  void submit(Side side, Job job);
  Loop& loop();

  template <typename T>
  Task<T> run(Side side, std::function<Result<T>(sql::Database&)> work) {
    DetachedEventual<T> answer(loop());
    auto outcome = std::make_shared<std::optional<Result<T>>>();
    submit(
        side,
        {.work = [outcome, work = std::move(work)](sql::Database& database) -> Result<void> {
           outcome->emplace(work(database));
           if (!outcome->has_value() || (*outcome)->has_value()) return {};
           return fail((*outcome)->error());
         },
         .done = [outcome, setter = answer.setter()] { setter.set(*std::move(*outcome)); },
         .fails = [setter = answer.setter()](Error error) { setter.set(fail(std::move(error))); }});
    Result<T> result = co_await answer.wait();
    if constexpr (std::is_void_v<T>) {
      co_await std::move(result);
    } else {
      co_return std::move(result);
    }
  }

  std::unique_ptr<Impl> impl_;
};

}  // namespace argosy::update_service
