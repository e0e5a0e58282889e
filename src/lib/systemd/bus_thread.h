// The thread on which sd-bus runs: it processes the connection and does what it is
// handed, in order. Private to this folder.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <systemd/sd-bus.h>
#include <thread>
#include <vector>

#include "base/result.h"
#include "sys/file/fd.h"

namespace argosy::systemd {

class BusThread {
 public:
  using Work = std::move_only_function<void(sd_bus*)>;
  using OnLost = std::function<void(Error)>;  // on the thread

  explicit BusThread(OnLost on_lost);
  // Waits for the thread; work that it has not begun is dropped, on the caller's.
  ~BusThread();
  BusThread(const BusThread&) = delete;
  BusThread& operator=(const BusThread&) = delete;

  // Work gets null when the connection could not be made or is lost.
  void start(std::string address);
  void run(Work work);
  // Why there is no connection; on the thread.
  const Error& reason() const { return *reason_; }

 private:
  void serve(const std::string& address);
  Result<void> open(const std::string& address);
  void do_work();
  // False when there may be work to do: the connection is there, or is lost.
  bool process();
  void wait();
  void lose(Error error);

  OnLost on_lost_;
  Fd wake_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<Work> queue_;
  sd_bus* bus_ = nullptr;  // the thread's while it runs
  bool is_lost_ = false;
  std::optional<Error> reason_;
  std::thread thread_;
};

}  // namespace argosy::systemd
