// A program run to its end, with its output a line at a time.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sys/process/process.h"

namespace argosy::update_engine {

struct RunOptions {
  std::string program;
  std::vector<std::string> arguments;  // with the program's name first
  Duration limit = minutes(1);
  // Of standard output and standard error, without its end; longer ones come in parts.
  std::function<void(std::string_view)> on_line;
};

// Blocks. DeadlineExceeded after the limit, Cancelled after a stop request; the program's
// process group is killed then.
Result<ExitStatus> run_program(const RunOptions& options, const std::stop_token& stop = {});

}  // namespace argosy::update_engine
