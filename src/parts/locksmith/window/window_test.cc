#include "parts/locksmith/window/window.h"

#include <cstdlib>
#include <ctime>
#include <doctest/doctest.h>
#include <fstream>
#include <random>

#include "base/format.h"
#include "base/text.h"

namespace argosy::locksmith {
namespace {

// The C library's idea of a zone, by the name in TZ.
class NamedZone final : public Zone {
 public:
  explicit NamedZone(const std::string& name) {
    ::setenv("TZ", name.c_str(), 1);
    ::tzset();
  }
  ~NamedZone() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  int64_t offset_seconds(int64_t unix_seconds) const override {
    const std::time_t moment = unix_seconds;
    std::tm local{};
    ::localtime_r(&moment, &local);
    return local.tm_gmtoff;
  }
};

// "2026-03-29 02:30:00" as seconds since 1970, read as UTC.
int64_t seconds_of(std::string_view date, std::string_view clock) {
  const auto d = split(date, '-');
  const auto c = split(clock, ':');
  std::tm utc{};
  utc.tm_year = static_cast<int>(*parse_int(d[0])) - 1900;
  utc.tm_mon = static_cast<int>(*parse_int(d[1])) - 1;
  utc.tm_mday = static_cast<int>(*parse_int(d[2]));
  utc.tm_hour = static_cast<int>(*parse_int(c[0]));
  utc.tm_min = static_cast<int>(*parse_int(c[1]));
  utc.tm_sec = static_cast<int>(*parse_int(c[2]));
  return ::timegm(&utc);
}

std::string show(WallTime time, const Zone& zone) {
  const int64_t unix_seconds = std::chrono::floor<seconds>(time.time_since_epoch()).count();
  const int64_t offset = zone.offset_seconds(unix_seconds);
  const std::string text = to_rfc3339(time + seconds(offset), 0);
  return format("{} {}{:+}", text.substr(0, 10), text.substr(11, 8), offset / 3600);
}

// "zone | start | length | UTC moment | what".
std::string answer(const std::vector<std::string_view>& cells) {
  const NamedZone zone{std::string(trim(cells[0]))};
  const auto window = Window::parse(trim(cells[1]), trim(cells[2]));
  if (!window) return "error: " + window.error().text();
  const auto moment = split(trim(cells[3]), ' ');
  const WallTime at{seconds(seconds_of(moment[0], moment[1]))};
  const std::string_view what = trim(cells[4]);
  if (what == "until") return to_go_duration(window->until_start(at, zone));
  if (what == "inside") return window->contains(at, zone) ? "yes" : "no";
  const Period period = what == "next" ? window->next(at, zone) : window->previous(at, zone);
  return format("{} to {}", show(period.start, zone), show(period.end, zone));
}

TEST_CASE("the cases in testdata/window.txt") {
  std::ifstream file("testdata/window.txt");
  REQUIRE(file);
  std::string line;
  int checked = 0;
  while (std::getline(file, line)) {
    if (line.empty() || line.starts_with('#')) continue;
    CAPTURE(line);
    auto cells = split(line, '|');
    REQUIRE_EQ(cells.size(), 6);
    CHECK_EQ(answer(cells), trim(cells[5]));
    ++checked;
  }
  CHECK_GE(checked, 50);
}

// The next start, found by looking at each minute's wall clock.
std::optional<int64_t> naive_next(int64_t after, int weekday, int hour, int minute) {
  for (int64_t t = (after / 60 + 1) * 60; t < after + 9 * 86400; t += 60) {
    const std::time_t moment = t;
    std::tm local{};
    ::localtime_r(&moment, &local);
    if (local.tm_hour != hour || local.tm_min != minute) continue;
    if (weekday < 0 || local.tm_wday == weekday) return t;
  }
  return std::nullopt;
}

TEST_CASE("against looking at each minute, in zones that change their clocks") {
  const uint64_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const char* const zones[] = {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata",
                               "Pacific/Auckland"};
  const char* const days[] = {"Sun", "mon", "TUE", "wed", "Thu", "fri", "sat"};
  for (int round = 0; round < 250; ++round) {
    const std::string name = zones[random() % 5];
    const NamedZone zone(name);
    const int weekday = static_cast<int>(random() % 8) - 1;
    // Clocks change between 1 and 3; those minutes are in the data file.
    const int hour = static_cast<int>(4 + random() % 19);
    const int minute = static_cast<int>(random() % 60);
    const std::string start = weekday < 0 ? format("{}:{}", hour, minute)
                                          : format("{} {:02}:{:02}", days[weekday], hour, minute);
    const auto window = Window::parse(start, "1h");
    REQUIRE(window);
    const auto at = static_cast<int64_t>(1'700'000'000 + random() % 100'000'000);
    CAPTURE(name);
    CAPTURE(start);
    CAPTURE(at);
    const auto expected = naive_next(at, weekday, hour, minute);
    REQUIRE(expected);
    const WallTime moment{seconds(at)};
    const Period next = window->next(moment, zone);
    CHECK_EQ(next.start, WallTime(seconds(*expected)));
    // Just before the next start, the last period is the one before it.
    const Period last = window->previous(next.start - nanoseconds(1), zone);
    CHECK_LE(last.start, moment);
    CHECK_EQ(window->next(last.start, zone).start, next.start);
    CHECK_EQ(window->contains(moment, zone), last.end >= moment);
    CHECK(window->contains(next.start, zone));
    CHECK(window->contains(next.end, zone));
    CHECK_FALSE(window->contains(next.end + nanoseconds(1), zone));
  }
}

}  // namespace
}  // namespace argosy::locksmith
