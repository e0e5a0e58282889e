#include "parts/rkt/ctl/texts.h"

#include <array>
#include <cmath>
#include <ctime>

#include "base/format.h"

namespace argosy::rkt {
namespace {

constexpr int64_t kMinute = 60;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kWeek = 7 * kDay;
constexpr int64_t kMonth = 30 * kDay;
constexpr int64_t kYear = 12 * kMonth;

// Of durations below `below` seconds; `unit` of 0: the text alone.
struct Magnitude {
  int64_t below;
  const char* text;
  int64_t unit;
};
constexpr std::array kMagnitudes{
    Magnitude{1, "now", 0},
    Magnitude{2, "1 second {}", 0},
    Magnitude{kMinute, "{} seconds {}", 1},
    Magnitude{2 * kMinute, "1 minute {}", 0},
    Magnitude{kHour, "{} minutes {}", kMinute},
    Magnitude{2 * kHour, "1 hour {}", 0},
    Magnitude{kDay, "{} hours {}", kHour},
    Magnitude{2 * kDay, "1 day {}", 0},
    Magnitude{kWeek, "{} days {}", kDay},
    Magnitude{2 * kWeek, "1 week {}", 0},
    Magnitude{kMonth, "{} weeks {}", kWeek},
    Magnitude{2 * kMonth, "1 month {}", 0},
    Magnitude{kYear, "{} months {}", kMonth},
    Magnitude{18 * kMonth, "1 year {}", 0},
    Magnitude{2 * kYear, "2 years {}", 0},
    Magnitude{37 * kYear, "{} years {}", kYear},
    Magnitude{INT64_MAX, "a long while {}", 0},
};

}  // namespace

std::string relative_time(WallTime time, WallTime now) {
  const Duration distance = now - time;
  const char* direction = distance < Duration(0) ? "from now" : "ago";
  const int64_t whole = std::chrono::duration_cast<seconds>(distance).count();
  const int64_t age = whole < 0 ? -whole : whole;
  size_t at = 0;
  while (age >= kMagnitudes[at].below && at + 1 < kMagnitudes.size()) ++at;
  const Magnitude& magnitude = kMagnitudes[at];
  if (magnitude.unit == 0) return fmt::format(fmt::runtime(magnitude.text), direction);
  return fmt::format(fmt::runtime(magnitude.text), age / magnitude.unit, direction);
}

std::string absolute_time(WallTime time) {
  const auto since = time.time_since_epoch();
  const auto whole = std::chrono::floor<seconds>(since);
  const std::time_t count = whole.count();
  std::tm parts{};
  ::localtime_r(&count, &parts);
  std::array<char, 64> text;
  size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  std::string out(text.data(), size);
  std::string fraction =
      format(".{:03}", std::chrono::duration_cast<milliseconds>(since - whole).count());
  while (fraction.ends_with('0')) fraction.pop_back();
  if (fraction != ".") out += fraction;
  size = std::strftime(text.data(), text.size(), " %z %Z", &parts);
  return out.append(text.data(), size);
}

std::string size_text(uint64_t bytes) {
  if (bytes < 10) return format("{}B", bytes);
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  value = std::floor(value * 10 + 0.5) / 10;
  return value < 10 ? format("{:.1f}{}", value, kUnits[unit])
                    : format("{:.0f}{}", value, kUnits[unit]);
}

}  // namespace argosy::rkt
