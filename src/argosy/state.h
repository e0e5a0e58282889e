// What runs, as the supervisor writes it down for other terminals: who it is and who
// its members are, by number, start time and boot, so that nobody else is taken for
// one of them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sys/file/disk.h"
#include "sys/process/process.h"

namespace argosy {

struct MemberState {
  std::string name;
  ProcessIdentity process;  // pid 0: it does not run now
  uint64_t restarts = 0;
  std::string last_exit;  // "exit code 1"; empty if it never ended
  bool given_up = false;  // it ended with exit code 0, by its own will

  bool operator==(const MemberState&) const = default;
};

struct State {
  std::string boot;
  ProcessIdentity supervisor;
  std::vector<MemberState> members;

  const MemberState* find(std::string_view name) const;
  bool operator==(const State&) const = default;
};

std::string to_text(const State& state);
// DataLoss when it is not what to_text makes.
Result<State> parse_state(std::string_view text);

Result<void> save_state(Disk& disk, const std::string& path, const State& state);
// An empty State when there is no file, or one of an earlier boot.
Result<State> load_state(Disk& disk, const std::string& path);

// The process if it still runs.
std::optional<Process> find_running(ProcessIdentity identity);

}  // namespace argosy
