#include "parts/update_engine/install/worker_threads.h"

#include <algorithm>

namespace argosy::update_engine {

WorkerThreads::WorkerThreads(unsigned count) {
  if (count == 0) count = std::thread::hardware_concurrency();
  count = std::clamp(count, 1U, kMost);
  for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this] { serve(); });
}

WorkerThreads::~WorkerThreads() {
  {
    const std::scoped_lock lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

void WorkerThreads::run(std::move_only_function<void()> work) {
  {
    const std::scoped_lock lock(mutex_);
    works_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void WorkerThreads::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_ending_ || !works_.empty(); });
    if (works_.empty()) return;
    std::move_only_function<void()> work = std::move(works_.front());
    works_.pop_front();
    lock.unlock();
    work();
    // What it holds goes without the lock, too.
    work = nullptr;
    lock.lock();
  }
}

}  // namespace argosy::update_engine
