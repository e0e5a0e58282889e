// Other processes: starting them, watching them, ending them. A process is held by a
// pidfd (pidfd_open(2)), so that a signal never reaches a stranger who got its number.
// Any thread; one Process is used by one thread at a time.
#pragma once

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sys/file/fd.h"

namespace argosy {

// A process as others can name it: numbers are used again, start times are not (within
// one boot, see boot_id()).
struct ProcessIdentity {
  int pid = 0;
  uint64_t start_ticks = 0;  // clock ticks after boot, field 22 of proc_pid_stat(5)

  bool operator==(const ProcessIdentity&) const = default;
};

struct ExitStatus {
  enum class How : uint8_t { kExited, kSignalled, kUnknown };
  How how = How::kUnknown;  // unknown: it was not our child
  int number = 0;           // the exit code or the signal

  bool is_success() const { return how == How::kExited && number == 0; }
  // "exit code 1", "signal 9 (Killed)", "ended".
  std::string text() const;
};

class Process {
 public:
  // A running process that another one started; NotFound when it is gone.
  static Result<Process> adopt(ProcessIdentity identity);

  Process(Process&&) noexcept = default;
  Process& operator=(Process&&) noexcept = default;
  // Lets it run. A child that has ended is reaped.
  ~Process();

  const ProcessIdentity& identity() const { return identity_; }
  int pid() const { return identity_.pid; }
  // Readable when the process has ended.
  int pidfd() const { return pidfd_.get(); }

  // NotFound when it has ended.
  Result<void> signal(int number);
  // Its status if it has ended, now or within `limit`; a child is reaped then. The
  // answer stays the same afterwards.
  Result<std::optional<ExitStatus>> wait(Duration limit = Duration(0));

 private:
  friend class Spawner;
  Process(ProcessIdentity identity, Fd pidfd, bool is_child)
      : identity_(identity), pidfd_(std::move(pidfd)), is_child_(is_child) {}
  Result<std::optional<ExitStatus>> reap();

  ProcessIdentity identity_;
  Fd pidfd_;
  bool is_child_;
  std::optional<ExitStatus> status_;
};

// What a new process gets; everything not named here is as in this process, but that
// signals are neither blocked nor ignored and that no other descriptor than 0, 1, 2 and
// those in `fds` reaches it.
struct SpawnOptions {
  std::string program;                 // a path
  std::vector<std::string> arguments;  // with the program's name first
  // "NAME=value"; nothing: this process's.
  std::optional<std::vector<std::string>> environment;
  std::string directory;  // empty: this process's
  struct FdMapping {
    int ours = -1;
    int theirs = -1;
  };
  std::vector<FdMapping> fds;
  enum class Group : uint8_t { kSame, kNew, kNewSession };
  Group group = Group::kSame;
  // Sent to it when the thread that starts it ends; 0: nothing.
  int parent_death_signal = 0;
};

// Errors are those of the failed call in the child too ("exec /bin/x: No such file ...").
Result<Process> spawn(const SpawnOptions& options);

// For SpawnOptions::fds.
Result<Fd> open_null();
Result<Fd> open_to_append(const std::string& path, uint32_t mode = 0600);

// Which of the descriptors are readable, waiting for at most `limit`; none: it passed, or
// a signal came. Nothing for `limit`: no limit.
Result<std::vector<int>> wait_readable(const std::vector<int>& fds, std::optional<Duration> limit);

}  // namespace argosy
