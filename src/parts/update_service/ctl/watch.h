// Runs a command whenever the group offers another version. One thread.
#pragma once

#include <functional>
#include <vector>

#include "parts/update_service/ctl/machine.h"

namespace argosy::update_service::ctl {

struct WatchOptions {
  Machine machine;  // its version is the one to begin with
  Duration interval = seconds(1);
  std::vector<std::string> command;  // a path, or a name to be found in PATH
  uint64_t checks = 0;               // 0: for ever
};

// The environment that the command gets besides ours.
std::vector<std::string> change_environment(const Machine& machine, const Told& told);

// The command's exit code 0 is reported as an update that has ended well, and its version is
// the machine's from then on; any other as one that failed, and that version is not tried
// again. `complain` gets what went wrong on the way. An error: the command cannot be started, or
// the very first check has failed.
Result<void> watch(const Client& client, WatchOptions options,
                   const std::function<void(std::string_view)>& complain);

}  // namespace argosy::update_service::ctl
