#include "parts/etcd/backend/worker.h"

#include <utility>

#include "base/check.h"

namespace argosy::etcd::backend {

Worker::Worker() : thread_([this] { run(); }) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Worker::start(std::function<void()> job, std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    check(is_finished_, "one job at a time");
    is_finished_ = false;
    next_ = {std::move(job), std::move(done)};
  }
  changed_.notify_all();
}

bool Worker::is_finished() const {
  const std::lock_guard lock(mutex_);
  return is_finished_;
}

void Worker::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_finished_; });
}

void Worker::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return next_.work || is_stopping_; });
    if (!next_.work) return;
    const Job job = std::exchange(next_, {});
    lock.unlock();
    job.work();
    lock.lock();
    is_finished_ = true;
    changed_.notify_all();
    if (!job.done) continue;
    lock.unlock();
    job.done();
    lock.lock();
  }
}

}  // namespace argosy::etcd::backend
