// A time zone as an operator names it: what the clocks of a place show at a moment. Read
// from the bytes of a TZif file (RFC 8536, versions 1 to 4), as tzdata installs them in
// /usr/share/zoneinfo. A value; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "parts/update_service/rollout/policy.h"

namespace argosy::update_service {

// A rule of POSIX's TZ for the years after a file's last change ("CET-1CEST,M3.5.0,M10.5.0/3").
struct ZoneRule {
  struct Change {
    enum class Kind : uint8_t { kMonthWeekDay, kJulian, kDayOfYear } kind = Kind::kMonthWeekDay;
    int month = 0, week = 0, weekday = 0;  // of kMonthWeekDay
    int day = 0;                           // 1 to 365 without 29 February, or 0 to 365
    int64_t second = 2 * 3600;             // of the local day; may be outside of it
  };
  int64_t standard_offset = 0;  // seconds east of UTC
  int64_t summer_offset = 0;
  bool has_summer = false;
  Change summer_begins, summer_ends;

  static Result<ZoneRule> parse(std::string_view text);
  int64_t offset_at(int64_t unix_seconds) const;
};

class Zone {
 public:
  // UTC.
  Zone() = default;
  // InvalidArgument says what is wrong with the bytes.
  static Result<Zone> parse(BytesView tzif);

  // Seconds east of UTC.
  int64_t offset_at(WallTime time) const;
  LocalTime local_time(WallTime time) const;

 private:
  struct Transition {
    int64_t at = 0;  // seconds since 1970
    int64_t offset = 0;
  };
  std::vector<Transition> transitions_;
  int64_t first_offset_ = 0;  // before the first transition
  std::optional<ZoneRule> rule_;
};

// A name such as "Europe/Berlin" that stays inside the directory of zones.
bool is_zone_name(std::string_view name);

}  // namespace argosy::update_service
