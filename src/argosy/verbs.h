// The verbs of `argosy`, a file each. They print what they have done and return the exit
// code; an error is printed by the caller.
#pragma once

#include <string>
#include <vector>

#include "argosy/options.h"

namespace argosy {

Result<int> up(const Options& options);
Result<int> status(const Options& options);
Result<int> down(const Options& options);
Result<int> logs(const Options& options);

// All of the program; 0 done, 1 failed, 2 not understood.
int run(const std::vector<std::string>& arguments);

}  // namespace argosy
