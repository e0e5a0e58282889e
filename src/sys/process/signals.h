// Signals as something to wait for (signalfd(2)), for programs that have no loop.
#pragma once

#include <csignal>
#include <initializer_list>
#include <optional>

#include "base/result.h"
#include "sys/file/fd.h"

namespace argosy {

// Blocks these signals in the calling thread for as long as it lives, and keeps those
// that arrive. Made before other threads start, it is the only one to see them.
class SignalQueue {
 public:
  static Result<SignalQueue> make(std::initializer_list<int> numbers);
  SignalQueue(SignalQueue&&) noexcept = default;
  SignalQueue& operator=(SignalQueue&&) = delete;
  ~SignalQueue();

  // Readable when a signal has arrived.
  int fd() const { return fd_.get(); }
  // The next one that has arrived; does not wait.
  std::optional<int> take();

 private:
  SignalQueue(Fd fd, sigset_t before) : fd_(std::move(fd)), before_(before) {}

  Fd fd_;
  sigset_t before_;
};

}  // namespace argosy
