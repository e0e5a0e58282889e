#include "parts/locksmith/window/window.h"

#include <array>
#include <vector>

#include "base/format.h"
#include "base/text.h"

namespace argosy::locksmith {
namespace {

constexpr int64_t kDaySeconds = 24 * 60 * 60;

Error invalid(std::string text) {
  return {Code::kInvalidArgument, std::move(text)};
}

std::vector<std::string_view> fields_of(std::string_view text) {
  std::vector<std::string_view> fields;
  constexpr std::string_view kSpaces = " \t\n\v\f\r";
  while (true) {
    const size_t begin = text.find_first_not_of(kSpaces);
    if (begin == std::string_view::npos) return fields;
    text.remove_prefix(begin);
    const size_t end = std::min(text.find_first_of(kSpaces), text.size());
    fields.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<int> parse_weekday(std::string_view text) {
  constexpr std::array<std::string_view, 7> kNames{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (equal_ignoring_case(text, kNames[i])) return static_cast<int>(i);
  }
  return std::nullopt;
}

struct Clock {
  int64_t hour;
  int64_t minute;
};

// Digits with a sign, as Go's Sscanf takes for %d, then what is left.
std::optional<int64_t> take_number(std::string_view& text) {
  size_t end = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  const auto number = parse_int(text.substr(0, end));
  if (number) text.remove_prefix(end);
  return number;
}

Result<Clock> parse_clock(std::string_view text) {
  std::string_view rest = text;
  const auto bad = [&](std::string_view why) {
    return fail(invalid(format("invalid time of day {}: {}", go_quote(text), why)));
  };
  const auto hour = take_number(rest);
  if (!hour) return bad("expected integer");
  if (!rest.starts_with(':')) {
    return bad(rest.empty() ? "unexpected EOF" : "input does not match format");
  }
  rest.remove_prefix(1);
  const auto minute = take_number(rest);
  if (!minute) return bad(rest.empty() ? "unexpected EOF" : "expected integer");
  if (*hour < 0 || *hour > 23) return bad("hour must be >= 0 and <= 23");
  if (*minute < 0 || *minute > 59) return bad("minute must be >= 0 and <= 59");
  return Clock{*hour, *minute};
}

// Days since 1970 in the zone, and what day of the week that is.
int64_t local_day(WallTime at, const Zone& zone) {
  const int64_t unix_seconds = std::chrono::floor<seconds>(at.time_since_epoch()).count();
  const int64_t local = unix_seconds + zone.offset_seconds(unix_seconds);
  return local >= 0 ? local / kDaySeconds : -((-local + kDaySeconds - 1) / kDaySeconds);
}

int64_t weekday_of(int64_t day) {
  return ((day + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
}

// The moment at which the clocks of the zone show this. For a time that they show twice
// or never it is the one that Go's time.Date gives.
WallTime from_local(int64_t local, const Zone& zone) {
  int64_t offset = zone.offset_seconds(local);
  if (zone.offset_seconds(local - offset) != offset) offset = zone.offset_seconds(local - offset);
  return WallTime(seconds(local - offset));
}

}  // namespace

Result<Window> Window::parse(std::string_view start, std::string_view length) {
  const auto bad_start = [](const std::string& why) {
    return fail(invalid("unable to parse start: " + why));
  };
  std::vector<std::string_view> fields = fields_of(start);
  if (fields.empty() || fields.size() > 2) return bad_start("wrong number of fields");
  Window window;
  if (fields.size() == 2) {
    window.weekday_ = parse_weekday(fields[0]);
    if (!window.weekday_) return bad_start(format("invalid day of week {}", go_quote(fields[0])));
  }
  const auto clock = parse_clock(fields.back());
  if (!clock) return bad_start(clock.error().message());
  window.hour_ = static_cast<int>(clock->hour);
  window.minute_ = static_cast<int>(clock->minute);
  const auto duration = parse_go_duration(length);
  if (!duration) {
    return fail(
        invalid(format("unable to parse duration: time: invalid duration {}", go_quote(length))));
  }
  window.length_ = *duration;
  if (*duration < Duration(0)) return fail(invalid("duration cannot be negative"));
  if (!window.weekday_ && *duration >= hours(24)) {
    return fail(invalid("duration cannot be more than 24 hours"));
  }
  if (*duration >= hours(24 * 7)) return fail(invalid("duration cannot be more than 7 days"));
  return window;
}

WallTime Window::on_day(int64_t day, const Zone& zone) const {
  return from_local(day * kDaySeconds + hour_ * 3600LL + minute_ * 60LL, zone);
}

Period Window::previous(WallTime at, const Zone& zone) const {
  int64_t day = local_day(at, zone);
  const int64_t step = weekday_ ? 7 : 1;
  if (weekday_) day += *weekday_ - weekday_of(day);
  WallTime start = on_day(day, zone);
  if (start > at) start = on_day(day - step, zone);
  return {start, start + length_};
}

Period Window::next(WallTime at, const Zone& zone) const {
  int64_t day = local_day(at, zone);
  const int64_t step = weekday_ ? 7 : 1;
  if (weekday_) day += *weekday_ - weekday_of(day);
  WallTime start = on_day(day, zone);
  if (start <= at) start = on_day(day + step, zone);
  return {start, start + length_};
}

Duration Window::until_start(WallTime at, const Zone& zone) const {
  const Period last = previous(at, zone);
  if (last.end >= at) return last.start - at;
  return next(at, zone).start - at;
}

}  // namespace argosy::locksmith
