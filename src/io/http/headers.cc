#include "io/http/headers.h"

#include <array>
#include <chrono>

#include "base/format.h"
#include "base/text.h"

namespace argosy {

const std::string* Headers::find(std::string_view name) const {
  for (const Header& header : all_) {
    if (equal_ignoring_case(header.name, name)) return &header.value;
  }
  return nullptr;
}

std::string_view Headers::value_of(std::string_view name) const {
  const std::string* value = find(name);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

void Headers::remove(std::string_view name) {
  std::erase_if(all_, [&](const Header& header) { return equal_ignoring_case(header.name, name); });
}

size_t Headers::byte_size() const {
  size_t size = 0;
  for (const Header& header : all_) size += header.name.size() + header.value.size();
  return size;
}

std::string to_http_date(WallTime time) {
  using namespace std::chrono;
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto since = floor<std::chrono::seconds>(time.time_since_epoch());
  const sys_days day(floor<days>(since));
  const year_month_day date(day);
  const hh_mm_ss clock(since - day.time_since_epoch());
  return format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[weekday(day).c_encoding()],
                static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                clock.seconds().count());
}

}  // namespace argosy
