#include "sys/process/process.h"

#include <cerrno>
#include <poll.h>
#include <string.h>  // NOLINT(modernize-deprecated-headers): sigdescr_np
#include <sys/wait.h>

#include "base/format.h"
#include "sys/process/pidfd.h"
#include "sys/process/proc.h"

namespace argosy {

std::string ExitStatus::text() const {
  switch (how) {
    case How::kExited:
      return format("exit code {}", number);
    case How::kSignalled: {
      const char* name = ::sigdescr_np(number);
      return format("signal {} ({})", number, name != nullptr ? name : "unknown");
    }
    case How::kUnknown:
      break;
  }
  return "ended";
}

Result<Process> Process::adopt(ProcessIdentity identity) {
  Fd pidfd(::pidfd_open(identity.pid, 0));
  if (!pidfd.is_open()) {
    if (errno == ESRCH || errno == EINVAL) {
      return fail(Code::kNotFound, format("there is no process {}", identity.pid));
    }
    return fail(system_error(format("pidfd_open {}", identity.pid), errno));
  }
  // The descriptor stays with whom it was opened for, so looking afterwards is safe.
  if (start_ticks(identity.pid) != identity.start_ticks) {
    return fail(Code::kNotFound, format("process {} is another one by now", identity.pid));
  }
  return Process(identity, std::move(pidfd), false);
}

Process::~Process() {
  if (pidfd_.is_open() && is_child_ && !status_) (void)reap();
}

Result<void> Process::signal(int number) {
  if (::pidfd_send_signal(pidfd_.get(), number, nullptr, 0) == 0) return {};
  if (errno == ESRCH) return fail(Code::kNotFound, format("process {} has ended", pid()));
  return fail(system_error(format("signal {} to process {}", number, pid()), errno));
}

Result<std::optional<ExitStatus>> Process::wait(Duration limit) {
  if (!status_ && !TRY(wait_readable({pidfd_.get()}, limit)).empty()) status_ = TRY(reap());
  return status_;
}

Result<std::optional<ExitStatus>> Process::reap() {
  if (!is_child_) return ExitStatus{};
  siginfo_t info{};
  const auto id = static_cast<id_t>(pidfd_.get());
  if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG) != 0) {
    return fail(system_error(format("wait for process {}", pid()), errno));
  }
  if (info.si_pid == 0) return std::nullopt;
  const bool exited = info.si_code == CLD_EXITED;
  return ExitStatus{exited ? ExitStatus::How::kExited : ExitStatus::How::kSignalled,
                    info.si_status};
}

Result<std::vector<int>> wait_readable(const std::vector<int>& fds, std::optional<Duration> limit) {
  std::vector<pollfd> asked;
  asked.reserve(fds.size());
  for (const int fd : fds) asked.push_back({fd, POLLIN, 0});
  timespec time{};
  if (limit) {
    const Duration wait = std::max(*limit, Duration(0));
    time = {wait / seconds(1), (wait % seconds(1)).count()};
  }
  const int got = ::ppoll(asked.data(), asked.size(), limit ? &time : nullptr, nullptr);
  if (got < 0 && errno != EINTR) return fail(system_error("poll", errno));
  std::vector<int> readable;
  for (const pollfd& one : asked) {
    if (got > 0 && one.revents != 0) readable.push_back(one.fd);
  }
  return readable;
}

}  // namespace argosy
