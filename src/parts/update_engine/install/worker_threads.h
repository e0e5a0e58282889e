// Threads that unpack, for as long as an update is applied. Private to this folder.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "lib/payload/apply/executor.h"

namespace argosy::update_engine {

class WorkerThreads final : public payload::Executor {
 public:
  // More would only wait for memory.
  static constexpr unsigned kMost = 16;

  // 0: one for each processor.
  explicit WorkerThreads(unsigned count);
  // Ends all that was given to it.
  ~WorkerThreads() override;
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  void run(std::move_only_function<void()> work) override;

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  // -- Guarded
  std::deque<std::move_only_function<void()>> works_;
  bool is_ending_ = false;
  // -- The constructor's and the destructor's
  std::vector<std::jthread> threads_;
};

}  // namespace argosy::update_engine
