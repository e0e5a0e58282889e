// Reboot windows: a start such as "Thu 23:00" or "4:30", every week or every day, and a
// length. Times are the wall's: a window that starts at 2:30 does so also on the day
// after the clocks changed. The end belongs to the window.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace argosy::locksmith {

// The local time zone, as far as a window needs it.
class Zone {
 public:
  virtual ~Zone() = default;
  // Local time minus UTC at a moment given in seconds since 1970 UTC.
  virtual int64_t offset_seconds(int64_t unix_seconds) const = 0;
};

struct Period {
  WallTime start;
  WallTime end;  // inside

  bool operator==(const Period&) const = default;
};

class Window {
 public:
  // "[Dow ]HH:MM" (three letters of an English weekday, any case) and a Go duration, not
  // negative, below a day, or a week with a weekday. InvalidArgument with the original's
  // words.
  static Result<Window> parse(std::string_view start, std::string_view length);

  // The last period that began at or before `at`; the first that begins after it.
  Period previous(WallTime at, const Zone& zone) const;
  Period next(WallTime at, const Zone& zone) const;
  // Zero or less inside of a period (how long it has lasted), otherwise how long until
  // the next begins.
  Duration until_start(WallTime at, const Zone& zone) const;
  bool contains(WallTime at, const Zone& zone) const {
    return until_start(at, zone) <= Duration(0);
  }

  std::optional<int> weekday() const { return weekday_; }  // 0 is Sunday
  Duration length() const { return length_; }

 private:
  WallTime on_day(int64_t day, const Zone& zone) const;

  std::optional<int> weekday_;
  int hour_ = 0;
  int minute_ = 0;
  Duration length_{};
};

}  // namespace argosy::locksmith
