#include "base/time.h"

#include <array>

#include "base/format.h"

namespace argosy {
namespace {

std::string date_and_seconds(WallTime time, int64_t& nanoseconds_left) {
  const auto whole = std::chrono::floor<seconds>(time.time_since_epoch());
  nanoseconds_left = (time.time_since_epoch() - whole).count();
  const auto day_count = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day day{std::chrono::sys_days(day_count)};
  const std::chrono::hh_mm_ss clock(whole - day_count);
  return format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

struct Unit {
  std::string_view name;
  int64_t nanoseconds;
};
constexpr std::array<Unit, 7> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"\xC2\xB5s", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", 1'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"h", 3'600'000'000'000}}};

// A decimal number as whole part and fraction / scale; exact, unlike a double.
struct Decimal {
  uint64_t whole = 0;
  uint64_t fraction = 0;
  uint64_t scale = 1;
};

constexpr uint64_t kMost = 1ULL << 63;

// The decimal number at the start of `text`, which it cuts away.
std::optional<Decimal> take_number(std::string_view& text) {
  Decimal number;
  size_t digits = 0;
  bool in_fraction = false;
  while (!text.empty()) {
    const char c = text.front();
    if (c == '.' && !in_fraction) {
      in_fraction = true;
    } else if (c < '0' || c > '9') {
      break;
    } else if (++digits; !in_fraction) {
      if (number.whole > kMost / 10) return std::nullopt;
      number.whole = number.whole * 10 + static_cast<uint64_t>(c - '0');
    } else if (number.scale < kMost / 16) {
      // What is smaller than that counts for nothing.
      number.fraction = number.fraction * 10 + static_cast<uint64_t>(c - '0');
      number.scale *= 10;
    }
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  return number;
}

// Nothing when it is more than 2^63 nanoseconds.
std::optional<uint64_t> times(const Decimal& number, int64_t unit) {
  const auto nanoseconds = static_cast<uint64_t>(unit);
  if (number.whole > kMost / nanoseconds) return std::nullopt;
  __extension__ using Wide = unsigned __int128;
  const Wide rest = static_cast<Wide>(number.fraction) * nanoseconds / number.scale;
  const uint64_t value = number.whole * nanoseconds + static_cast<uint64_t>(rest);
  return value <= kMost ? std::optional(value) : std::nullopt;
}

std::optional<int64_t> take_unit(std::string_view& text) {
  const Unit* best = nullptr;
  for (const Unit& unit : kUnits) {
    if (text.starts_with(unit.name) && (best == nullptr || unit.name.size() > best->name.size())) {
      best = &unit;
    }
  }
  if (best == nullptr) return std::nullopt;
  text.remove_prefix(best->name.size());
  return best->nanoseconds;
}

// 1.5 of a unit without trailing zeros.
std::string fraction(int64_t value, int64_t unit, std::string_view name) {
  std::string digits = format("{}", value % unit);
  const size_t width = format("{}", unit).size() - 1;
  digits.insert(0, width - digits.size(), '0');
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  if (digits.empty()) return format("{}{}", value / unit, name);
  return format("{}.{}{}", value / unit, digits, name);
}

}  // namespace

std::string to_rfc3339(WallTime time) {
  int64_t left = 0;
  std::string out = date_and_seconds(time, left);
  if (left != 0) {
    std::string digits = format("{:09}", left);
    while (digits.back() == '0') digits.pop_back();
    out += '.' + digits;
  }
  return out + 'Z';
}

std::string to_rfc3339(WallTime time, int digits) {
  int64_t left = 0;
  std::string out = date_and_seconds(time, left);
  return out + '.' + format("{:09}", left).substr(0, static_cast<size_t>(digits)) + 'Z';
}

std::optional<Duration> parse_go_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return Duration(0);
  if (text.empty()) return std::nullopt;
  uint64_t total = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const auto unit = take_unit(text);
    if (!unit) return std::nullopt;
    const auto value = times(*number, *unit);
    if (!value || *value > kMost - total) return std::nullopt;
    total += *value;
  }
  if (negative) return Duration(static_cast<int64_t>(0 - total));
  if (total == kMost) return std::nullopt;
  return Duration(static_cast<int64_t>(total));
}

std::string to_go_duration(Duration duration) {
  if (duration.count() == 0) return "0s";
  const std::string sign = duration.count() < 0 ? "-" : "";
  const int64_t value = duration.count() < 0 ? -duration.count() : duration.count();
  if (value < 1'000) return format("{}{}ns", sign, value);
  if (value < 1'000'000) return sign + fraction(value, 1'000, "\xC2\xB5s");
  if (value < 1'000'000'000) return sign + fraction(value, 1'000'000, "ms");
  const int64_t all_minutes = value / 60'000'000'000;
  std::string out = sign;
  if (all_minutes >= 60) out += format("{}h", all_minutes / 60);
  if (all_minutes > 0) out += format("{}m", all_minutes % 60);
  return out + fraction(value % 60'000'000'000, 1'000'000'000, "s");
}

}  // namespace argosy
