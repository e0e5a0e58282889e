// The backend's thread: does one job at a time, then tells whoever waits. The owner's
// thread calls everything; jobs and their `done` run on the worker's.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace argosy::etcd::backend {

class Worker {
 public:
  Worker();
  // Finishes the job that was started, and its done.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // The job before is finished. `done` runs after is_finished() became true, and may
  // be empty.
  void start(std::function<void()> job, std::function<void()> done);
  // No job is under way; what it wrote is visible to who asked.
  bool is_finished() const;
  void wait();

 private:
  struct Job {
    std::function<void()> work;
    std::function<void()> done;
  };
  void run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  Job next_;
  bool is_finished_ = true;
  bool is_stopping_ = false;

  std::thread thread_;
};

}  // namespace argosy::etcd::backend
