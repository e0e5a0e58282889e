// What this process uses, as /proc says (proc(5)).
#pragma once

#include <cstdint>

#include "base/time.h"

namespace argosy {

struct ProcessUsage {
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  Duration cpu{};  // user and system
  double start_unix_seconds = 0;
  uint64_t open_fds = 0;
  uint64_t max_fds = 0;
};

// Fields that cannot be read are zero. Any thread.
ProcessUsage process_usage();

}  // namespace argosy
