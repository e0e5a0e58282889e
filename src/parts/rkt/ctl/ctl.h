// The program rkt: its command line, with the original's words, outputs and exit codes (rkt:
// Documentation/commands.md).
#pragma once

#include <string>
#include <vector>

namespace argosy::rkt {

// What is printed goes to stdout and stderr; the exit code.
int run_ctl(const std::vector<std::string>& arguments);

}  // namespace argosy::rkt
