// How long to wait before a process that ended is started again. Pure.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace argosy {

class Restarts {
 public:
  static constexpr Duration kFirst = milliseconds(250);
  static constexpr Duration kLast = seconds(30);
  // Who ran so long had no trouble starting.
  static constexpr Duration kSteady = minutes(1);

  // The wait after it ended, having run for so long.
  Duration after(Duration ran) {
    if (ran >= kSteady) next_ = kFirst;
    const Duration wait = next_;
    next_ = std::min(next_ * 2, kLast);
    return wait;
  }

 private:
  Duration next_ = kFirst;
};

}  // namespace argosy
