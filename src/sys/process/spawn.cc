#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/check.h"
#include "base/format.h"
#include "sys/process/pidfd.h"
#include "sys/process/proc.h"
#include "sys/process/process.h"

namespace argosy {
namespace {

enum class Step : int { kSession, kDirectory, kDescriptors, kExec };

// What a child that could not become the program writes into the pipe.
struct Failure {
  Step step;
  int number;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

// Everything is prepared before fork(2); the child, which may have been one of many
// threads, only makes system calls.
class Spawner {
 public:
  explicit Spawner(const SpawnOptions& options)
      : options_(options),
        arguments_(pointers(options.arguments)),
        environment_(options.environment ? pointers(*options.environment) : std::vector<char*>()),
        moved_(options.fds.size(), -1) {
    for (const SpawnOptions::FdMapping& fd : options.fds) {
      check(fd.ours >= 0 && fd.theirs >= 0, "both sides of a mapping are descriptors");
      free_ = std::max(free_, fd.theirs + 1);
    }
  }

  Result<Process> run() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(system_error("pipe", errno));
    const Fd reading(ends[0]);
    Fd writing(ends[1]);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return fail(system_error("fork", errno));
    if (pid == 0) become_program(parent, writing.get());
    writing.close();
    Fd pidfd(::pidfd_open(pid, 0));
    check(pidfd.is_open(), "a child that is not reaped has a pidfd");
    Process child({pid, start_ticks(pid).value_or(0)}, std::move(pidfd), true);
    Failure failure{};
    ssize_t got = 0;
    do {
      got = ::read(reading.get(), &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
    if (got == 0) return child;
    (void)child.wait(seconds(10));
    return fail(explain(failure));
  }

 private:
  [[noreturn]] void become_program(pid_t parent, int report) {
    reset_signals();
    if (options_.group == SpawnOptions::Group::kNewSession && ::setsid() < 0) {
      give_up(report, Step::kSession);
    }
    if (options_.group == SpawnOptions::Group::kNew && ::setpgid(0, 0) != 0) {
      give_up(report, Step::kSession);
    }
    if (options_.parent_death_signal != 0) {
      ::prctl(PR_SET_PDEATHSIG, options_.parent_death_signal);
      // It may have ended before the line above.
      if (::getppid() != parent) ::_exit(127);
    }
    if (!options_.directory.empty() && ::chdir(options_.directory.c_str()) != 0) {
      give_up(report, Step::kDirectory);
    }
    report = place_descriptors(report);
    ::execve(options_.program.c_str(), arguments_.data(),
             options_.environment ? environment_.data() : ::environ);
    give_up(report, Step::kExec);
  }

  static void reset_signals() {
    for (const int number : {SIGPIPE, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM}) {
      ::signal(number, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  // Sources first move out of the way of all targets, so that mappings may cross.
  int place_descriptors(int report) {
    const int moved_report = ::fcntl(report, F_DUPFD_CLOEXEC, free_);
    if (moved_report < 0) give_up(report, Step::kDescriptors);
    for (size_t i = 0; i < moved_.size(); ++i) {
      moved_[i] = ::fcntl(options_.fds[i].ours, F_DUPFD_CLOEXEC, free_);
      if (moved_[i] < 0) give_up(moved_report, Step::kDescriptors);
    }
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (size_t i = 0; i < moved_.size(); ++i) {
      if (::dup2(moved_[i], options_.fds[i].theirs) < 0) give_up(moved_report, Step::kDescriptors);
    }
    return moved_report;
  }

  [[noreturn]] static void give_up(int report, Step step) {
    const Failure failure{step, errno};
    (void)!::write(report, &failure, sizeof failure);
    ::_exit(127);
  }

  Error explain(const Failure& failure) const {
    switch (failure.step) {
      case Step::kSession:
        return system_error("setsid", failure.number);
      case Step::kDirectory:
        return system_error("chdir " + options_.directory, failure.number);
      case Step::kDescriptors:
        return system_error("dup2", failure.number);
      case Step::kExec:
        break;
    }
    return system_error("exec " + options_.program, failure.number);
  }

  const SpawnOptions& options_;
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
  std::vector<int> moved_;
  int free_ = 3;  // the first number above all targets
};

Result<Process> spawn(const SpawnOptions& options) {
  check(!options.arguments.empty(), "arguments begin with the program's name");
  return Spawner(options).run();
}

Result<Fd> open_null() {
  Fd fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!fd.is_open()) return fail(system_error("open /dev/null", errno));
  return fd;
}

Result<Fd> open_to_append(const std::string& path, uint32_t mode) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, mode));
  if (!fd.is_open()) return fail(system_error("open " + path, errno));
  return fd;
}

}  // namespace argosy
