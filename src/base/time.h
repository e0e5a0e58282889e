// Time as values. Nothing here asks what time it is: sys/clock does.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace argosy {

using Duration = std::chrono::nanoseconds;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// A reading of a clock that never goes back; comparable only within one process.
struct MonotonicClockTag {
  using duration = Duration;
  using rep = Duration::rep;
  using period = Duration::period;
  using time_point = std::chrono::time_point<MonotonicClockTag>;
  static constexpr bool is_steady = true;
};
using MonotonicTime = MonotonicClockTag::time_point;

// Nanoseconds since 1970-01-01T00:00:00Z; may jump when somebody sets the clock.
struct WallClockTag {
  using duration = Duration;
  using rep = Duration::rep;
  using period = Duration::period;
  using time_point = std::chrono::time_point<WallClockTag>;
  static constexpr bool is_steady = false;
};
using WallTime = WallClockTag::time_point;

// "2026-11-23T13:44:05.123456789Z" (RFC 3339, UTC). Go's RFC3339Nano drops trailing
// zeros of the fraction, and so does this.
std::string to_rfc3339(WallTime time);
// The fraction cut to `digits` places and always present.
std::string to_rfc3339(WallTime time, int digits);

// Go's time.Duration syntax: "1h2m3.5s", "300ms", "0"; empty if it is not.
std::optional<Duration> parse_go_duration(std::string_view text);
// As Go prints a time.Duration: "1m30s", "1.5ms", "0s".
std::string to_go_duration(Duration duration);

}  // namespace argosy
