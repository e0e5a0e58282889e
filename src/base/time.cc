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

// A number with a fraction at the start of `text`, which it cuts away.
std::optional<double> take_number(std::string_view& text) {
  size_t length = 0;
  double value = 0;
  double scale = 0;
  for (; length < text.size(); ++length) {
    const char c = text[length];
    if (c == '.' && scale == 0) {
      scale = 1;
    } else if (c >= '0' && c <= '9') {
      value = value * 10 + (c - '0');
      scale *= 10;
    } else {
      break;
    }
  }
  if (length == 0 || (length == 1 && text[0] == '.')) return std::nullopt;
  text.remove_prefix(length);
  return scale > 1 ? value / scale : value;
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
  double total = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const auto unit = take_unit(text);
    if (!unit) return std::nullopt;
    total += *number * static_cast<double>(*unit);
    if (total > 9.2e18) return std::nullopt;
  }
  return Duration(static_cast<int64_t>(negative ? -total : total));
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
