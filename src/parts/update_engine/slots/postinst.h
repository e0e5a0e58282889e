// The new version's own last word: /postinst of its image, which makes the slot the next to
// boot. Nothing else of the image is looked at.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "parts/update_engine/errors/error_code.h"

namespace argosy::update_engine {

struct Postinst {
  std::string device;
  std::vector<std::string> arguments;  // after the device: "KERNEL=..." and so on
  Duration limit = minutes(15);
  // Holds the mount point, whose name begins with au_postint_mount.
  std::string temporary_directory = "/tmp";
};

struct PostinstOutcome {
  ErrorCode code = ErrorCode::kSuccess;  // or kPostinstallRunnerError, ...BootedFromFirmwareB
  std::string text;                      // why not
};

// Mounts the device read-only, runs it, unmounts. Its output goes to the log, a line each.
// Blocks; a stop request or the limit kills it with all that it started.
PostinstOutcome run_postinst(const Postinst& what, const std::stop_token& stop = {});

// Unmounts and removes what a run that was killed left. At the program's start.
Result<void> clear_postinst_leftovers(const std::string& temporary_directory);

}  // namespace argosy::update_engine
