#include "sys/process/signals.h"

#include <cerrno>
#include <pthread.h>
#include <sys/signalfd.h>

namespace argosy {

Result<SignalQueue> SignalQueue::make(std::initializer_list<int> numbers) {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : numbers) sigaddset(&wanted, number);
  Fd fd(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd.is_open()) return fail(system_error("signalfd", errno));
  sigset_t before;
  const int failed = ::pthread_sigmask(SIG_BLOCK, &wanted, &before);
  if (failed != 0) return fail(system_error("pthread_sigmask", failed));
  return SignalQueue(std::move(fd), before);
}

SignalQueue::~SignalQueue() {
  if (fd_.is_open()) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> SignalQueue::take() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace argosy
