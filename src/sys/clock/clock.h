// Clocks as an interface; only mains choose the real ones.
#pragma once

#include "base/time.h"

namespace argosy {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime now() const = 0;
  virtual WallTime wall_now() const = 0;
};

// CLOCK_MONOTONIC and CLOCK_REALTIME.
const Clock& real_clock();

}  // namespace argosy
