#include "sys/clock/clock.h"

#include <ctime>

namespace argosy {
namespace {

Duration read(clockid_t id) {
  timespec value{};
  ::clock_gettime(id, &value);
  return seconds(value.tv_sec) + nanoseconds(value.tv_nsec);
}

class RealClock final : public Clock {
 public:
  MonotonicTime now() const override { return MonotonicTime(read(CLOCK_MONOTONIC)); }
  WallTime wall_now() const override { return WallTime(read(CLOCK_REALTIME)); }
};

}  // namespace

const Clock& real_clock() {
  static const RealClock clock;
  return clock;
}

}  // namespace argosy
