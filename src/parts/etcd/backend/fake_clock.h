// For tests: a clock that stands still until it is moved.
#pragma once

#include "sys/clock/clock.h"

namespace argosy::etcd::backend {

class FakeClock final : public Clock {
 public:
  MonotonicTime now() const override { return now_; }
  WallTime wall_now() const override { return WallTime(now_.time_since_epoch()); }
  void advance(Duration by) { now_ += by; }

 private:
  MonotonicTime now_;
};

}  // namespace argosy::etcd::backend
