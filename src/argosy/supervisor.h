// The small process that keeps a cluster's members running after the terminal is gone:
// starts them, starts again those that crash, takes over those that an earlier
// supervisor left behind, and on SIGTERM stops them all.
#pragma once

#include <string>

#include "base/result.h"

namespace argosy {

// Runs until SIGTERM or SIGINT. AlreadyExists: another one serves this directory.
Result<void> supervise(const std::string& data, const std::string& etcd_program);

}  // namespace argosy
