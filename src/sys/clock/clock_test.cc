#include "sys/clock/clock.h"

#include <ctime>
#include <doctest/doctest.h>

namespace argosy {
namespace {

TEST_CASE("the monotonic clock never goes back and moves") {
  const MonotonicTime begin = real_clock().now();
  MonotonicTime last = begin;
  while (last - begin < milliseconds(2)) {
    const MonotonicTime now = real_clock().now();
    REQUIRE(now >= last);
    last = now;
  }
}

TEST_CASE("the wall clock is the system's") {
  const auto before = std::time(nullptr);
  const auto now = std::chrono::floor<seconds>(real_clock().wall_now().time_since_epoch());
  const auto after = std::time(nullptr);
  CHECK(now.count() >= before - 1);
  CHECK(now.count() <= after + 1);
}

}  // namespace
}  // namespace argosy
