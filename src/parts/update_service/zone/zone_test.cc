#include "parts/update_service/zone/zone.h"

#include <cstdlib>
#include <ctime>
#include <doctest/doctest.h>

#include "base/format.h"
#include "sys/file/disk.h"

namespace argosy::update_service {
namespace {

Zone zone_of(std::string_view name) {
  const auto bytes = read_file(real_disk(), format("/usr/share/zoneinfo/{}", name));
  REQUIRE_MESSAGE(bytes, name);
  const auto zone = Zone::parse(*bytes);
  REQUIRE_MESSAGE(zone, name);
  return *zone;
}

// The C library's opinion.
int64_t offset_by_libc(const char* name, int64_t at) {
  ::setenv("TZ", name, 1);
  ::tzset();
  const auto time = static_cast<time_t>(at);
  tm local{};
  ::localtime_r(&time, &local);
  return local.tm_gmtoff;
}

}  // namespace

TEST_CASE("a zone's clocks show what the C library says, from 1901 to 2100") {
  for (const char* name :
       {"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata",
        "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia", "Europe/Dublin"}) {
    CAPTURE(name);
    const Zone zone = zone_of(name);
    for (int64_t at = -2'145'000'000; at < 4'100'000'000; at += 86400 * 5 + 3607) {
      CAPTURE(at);
      REQUIRE(zone.offset_at(WallTime(seconds(at))) == offset_by_libc(name, at));
    }
  }
}

TEST_CASE("a rule alone knows when summer begins and ends") {
  struct Case {
    const char* rule;
    int64_t at;
    int64_t offset;
  };
  const int64_t begin_2026 = 1774746000;  // 29 March 2026, 01:00 UTC
  const int64_t end_2026 = 1792890000;    // 25 October 2026, 01:00 UTC
  for (const Case& c : std::vector<Case>{
           {"CET-1CEST,M3.5.0,M10.5.0/3", begin_2026 - 1, 3600},
           {"CET-1CEST,M3.5.0,M10.5.0/3", begin_2026, 7200},
           {"CET-1CEST,M3.5.0,M10.5.0/3", end_2026 - 1, 7200},
           {"CET-1CEST,M3.5.0,M10.5.0/3", end_2026, 3600},
           {"<+0530>-5:30", begin_2026, 19800},
           {"AAA3BBB,J60/0,J300/0", 1772323199, -10800},  // 1 March 2026, 02:59:59 there
           {"AAA3BBB,J60/0,J300/0", 1772334000, -7200}}) {
    CAPTURE(c.rule);
    CAPTURE(c.at);
    const auto rule = ZoneRule::parse(c.rule);
    REQUIRE(rule);
    CHECK(rule->offset_at(c.at) == c.offset);
  }
  for (const char* bad : {"", "CET", "C-1", "CET-1CEST", "CET-1CEST,M3.5.0",
                          "CET-1CEST,M13.5.0,M1.1.1", "CET-1CEST,M3.5.0,M10.5.0/3x"}) {
    CAPTURE(bad);
    CHECK_FALSE(ZoneRule::parse(bad));
  }
}

TEST_CASE("local time has a weekday and a minute") {
  const Zone zone = zone_of("Europe/Berlin");
  const LocalTime local = zone.local_time(WallTime(seconds(1774746000)));
  CHECK(local.weekday == 0);
  CHECK(local.minute == 3 * 60);
  CHECK(Zone().local_time(WallTime(seconds(0))).weekday == 4);
}

TEST_CASE("damaged files are refused") {
  const auto whole = read_file(real_disk(), "/usr/share/zoneinfo/Europe/Berlin");
  REQUIRE(whole);
  CHECK_FALSE(Zone::parse(""));
  CHECK_FALSE(Zone::parse("TZif2"));
  for (size_t size = 0; size < whole->size() - 30; size += 7) {
    CAPTURE(size);
    CHECK_FALSE(Zone::parse(BytesView(*whole).substr(0, size)));
  }
}

TEST_CASE("names of zones stay inside their directory") {
  for (const char* good : {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1"}) {
    CHECK(is_zone_name(good));
  }
  for (const char* bad : {"", "/etc/passwd", "../x", "a//b", "a/./b", "a b", "a/"}) {
    CHECK_FALSE(is_zone_name(bad));
  }
}

}  // namespace argosy::update_service
