#include "parts/update_service/zone/zone.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"

namespace argosy::update_service {
namespace {

constexpr size_t kHeaderSize = 44;
constexpr int64_t kDay = 86400;
// 1970-01-01 was a Thursday.
constexpr int64_t kFirstWeekday = 4;

std::unexpected<Error> bad(std::string_view what) {
  return fail(Code::kInvalidArgument, format("not a time zone's file: {}", what));
}

struct Header {
  char version = 0;
  uint32_t utc_flags = 0, standard_flags = 0, leaps = 0, times = 0, types = 0, letters = 0;

  size_t body_size(size_t time_size) const {
    return times * (time_size + 1) + types * size_t{6} + letters + leaps * (time_size + 4) +
           standard_flags + utc_flags;
  }
};

Result<Header> read_header(BytesView bytes) {
  if (bytes.size() < kHeaderSize || !bytes.starts_with("TZif")) return bad("no header");
  Header header;
  header.version = bytes[4];
  uint32_t* const fields[] = {&header.utc_flags, &header.standard_flags, &header.leaps,
                              &header.times,     &header.types,          &header.letters};
  size_t at = 20;
  for (uint32_t* field : fields) {
    *field = load_be32(bytes.data() + at);
    if (*field > 100'000) return bad("a count is too large");
    at += 4;
  }
  if (header.types == 0) return bad("no types");
  return header;
}

int64_t floor_divide(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

int64_t days_before_year(int64_t year) {
  using namespace std::chrono;
  return sys_days(std::chrono::year(static_cast<int>(year)) / January / 1)
      .time_since_epoch()
      .count();
}

bool is_leap(int64_t year) {
  return std::chrono::year(static_cast<int>(year)).is_leap();
}

// The day (since 1970) of a rule's change in a year.
int64_t day_of(const ZoneRule::Change& change, int64_t year) {
  using namespace std::chrono;
  const int64_t begin = days_before_year(year);
  if (change.kind == ZoneRule::Change::Kind::kDayOfYear) return begin + change.day;
  if (change.kind == ZoneRule::Change::Kind::kJulian) {
    return begin + change.day - 1 + (is_leap(year) && change.day >= 60 ? 1 : 0);
  }
  const auto of_year =
      std::chrono::year(static_cast<int>(year)) / month(static_cast<unsigned>(change.month));
  const auto day = weekday(static_cast<unsigned>(change.weekday));
  if (change.week == 5) return sys_days(of_year / day[last]).time_since_epoch().count();
  return sys_days(of_year / day[static_cast<unsigned>(change.week)]).time_since_epoch().count();
}

// Reads a POSIX TZ text from its front.
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : rest_(text) {}

  bool is_at_end() const { return rest_.empty(); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool name() {
    if (take('<')) {
      const size_t end = rest_.find('>');
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + 1);
      return true;
    }
    size_t size = 0;
    while (size < rest_.size() && ((rest_[size] | 0x20) >= 'a' && (rest_[size] | 0x20) <= 'z')) {
      ++size;
    }
    rest_.remove_prefix(size);
    return size >= 3;
  }
  std::optional<int> number(int lowest, int highest) {
    size_t size = 0;
    while (size < rest_.size() && rest_[size] >= '0' && rest_[size] <= '9') ++size;
    const auto value = parse_uint(rest_.substr(0, std::min<size_t>(size, 5)));
    if (!value || size > 5 || static_cast<int64_t>(*value) < lowest ||
        static_cast<int64_t>(*value) > highest) {
      return std::nullopt;
    }
    rest_.remove_prefix(size);
    return static_cast<int>(*value);
  }
  // "[+-]hh[:mm[:ss]]" in seconds.
  std::optional<int64_t> time() {
    const int64_t sign = take('-') ? -1 : 1;
    if (sign == 1) take('+');
    const auto hour = number(0, 167);
    if (!hour) return std::nullopt;
    int64_t seconds = int64_t{*hour} * 3600;
    for (const int64_t unit : {60, 1}) {
      if (!take(':')) break;
      const auto part = number(0, 59);
      if (!part) return std::nullopt;
      seconds += *part * unit;
    }
    return sign * seconds;
  }
  std::optional<ZoneRule::Change> change() {
    ZoneRule::Change made;
    if (!date(made)) return std::nullopt;
    if (!take('/')) return made;
    const auto second = time();
    if (!second) return std::nullopt;
    made.second = *second;
    return made;
  }

 private:
  bool date(ZoneRule::Change& made) {
    using Kind = ZoneRule::Change::Kind;
    if (take('M')) {
      const auto month = number(1, 12);
      const auto week = month && take('.') ? number(1, 5) : std::nullopt;
      const auto weekday = week && take('.') ? number(0, 6) : std::nullopt;
      if (!weekday) return false;
      made.month = *month;
      made.week = *week;
      made.weekday = *weekday;
      return true;
    }
    made.kind = take('J') ? Kind::kJulian : Kind::kDayOfYear;
    const auto day = made.kind == Kind::kJulian ? number(1, 365) : number(0, 365);
    if (day) made.day = *day;
    return day.has_value();
  }

  std::string_view rest_;
};

}  // namespace

Result<ZoneRule> ZoneRule::parse(std::string_view text) {
  RuleReader reader(text);
  const auto refuse = [&] { return bad(format("the rule {}", go_quote(text))); };
  ZoneRule rule;
  if (!reader.name()) return refuse();
  const auto west = reader.time();
  if (!west) return refuse();
  rule.standard_offset = -*west;
  if (reader.is_at_end()) return rule;
  rule.has_summer = true;
  rule.summer_offset = rule.standard_offset + 3600;
  if (!reader.name()) return refuse();
  if (!reader.take(',')) {
    const auto summer_west = reader.time();
    if (!summer_west || !reader.take(',')) return refuse();
    rule.summer_offset = -*summer_west;
  }
  const auto begins = reader.change();
  if (!begins || !reader.take(',')) return refuse();
  const auto ends = reader.change();
  if (!ends || !reader.is_at_end()) return refuse();
  rule.summer_begins = *begins;
  rule.summer_ends = *ends;
  return rule;
}

int64_t ZoneRule::offset_at(int64_t unix_seconds) const {
  using namespace std::chrono;
  if (!has_summer) return standard_offset;
  const sys_days day(days(floor_divide(unix_seconds + standard_offset, kDay)));
  const auto year = static_cast<int>(year_month_day(day).year());
  const int64_t begin = day_of(summer_begins, year) * kDay + summer_begins.second - standard_offset;
  const int64_t end = day_of(summer_ends, year) * kDay + summer_ends.second - summer_offset;
  const bool is_summer = begin < end ? unix_seconds >= begin && unix_seconds < end
                                     : unix_seconds >= begin || unix_seconds < end;
  return is_summer ? summer_offset : standard_offset;
}

// A second body with 64-bit times follows the first in all versions but the oldest.
Result<Zone> Zone::parse(BytesView tzif) {
  Header header = TRY(read_header(tzif));
  size_t time_size = 4;
  if (header.version >= '2') {
    const size_t skipped = kHeaderSize + header.body_size(4);
    if (skipped >= tzif.size()) return bad("cut short");
    tzif.remove_prefix(skipped);
    header = TRY(read_header(tzif));
    time_size = 8;
  }
  if (kHeaderSize + header.body_size(time_size) > tzif.size()) return bad("cut short");
  const char* times = tzif.data() + kHeaderSize;
  const char* indexes = times + header.times * time_size;
  const char* types = indexes + header.times;
  const auto offset_of = [&](size_t type) {
    return int64_t{static_cast<int32_t>(load_be32(types + type * 6))};
  };
  Zone zone;
  zone.first_offset_ = offset_of(0);
  for (size_t i = 0; i < header.times; ++i) {
    const auto type = static_cast<unsigned char>(indexes[i]);
    if (type >= header.types) return bad("a type that is not there");
    const char* from = times + i * time_size;
    const int64_t at = time_size == 8 ? static_cast<int64_t>(load_be64(from))
                                      : int64_t{static_cast<int32_t>(load_be32(from))};
    if (!zone.transitions_.empty() && at <= zone.transitions_.back().at) return bad("out of order");
    zone.transitions_.push_back({.at = at, .offset = offset_of(type)});
  }
  if (time_size == 4) return zone;
  const std::string_view footer = trim(tzif.substr(kHeaderSize + header.body_size(time_size)));
  if (!footer.empty()) zone.rule_ = TRY(ZoneRule::parse(footer));
  return zone;
}

int64_t Zone::offset_at(WallTime time) const {
  const int64_t at = std::chrono::floor<seconds>(time.time_since_epoch()).count();
  const auto after = std::ranges::upper_bound(transitions_, at, {}, &Transition::at);
  if (after == transitions_.end() && rule_) return rule_->offset_at(at);
  return after == transitions_.begin() ? first_offset_ : std::prev(after)->offset;
}

LocalTime Zone::local_time(WallTime time) const {
  const int64_t local =
      std::chrono::floor<seconds>(time.time_since_epoch()).count() + offset_at(time);
  const int64_t day = floor_divide(local, kDay);
  const int64_t weekday = (day + kFirstWeekday) % 7;
  return {.weekday = static_cast<int>(weekday < 0 ? weekday + 7 : weekday),
          .minute = static_cast<int>((local - day * kDay) / 60)};
}

bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64) return false;
  return std::ranges::all_of(split(name, '/'), [](std::string_view part) {
    return !part.empty() && part[0] != '.' && part[0] != '-' &&
           std::ranges::all_of(part, [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '+' || c == '-';
           });
  });
}

}  // namespace argosy::update_service
