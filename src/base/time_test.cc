#include "base/time.h"

#include <doctest/doctest.h>

namespace argosy {
namespace {

TEST_CASE("durations in Go's syntax") {
  struct Row {
    std::string_view text;
    int64_t nanoseconds;
  };
  for (const Row& row : {Row{"0", 0},
                         Row{"+0", 0},
                         Row{"0s", 0},
                         Row{"5s", 5'000'000'000},
                         Row{"1h2m3.5s", 3'723'500'000'000},
                         Row{"300ms", 300'000'000},
                         Row{"-1.5h", -5'400'000'000'000},
                         Row{"1us", 1'000},
                         Row{"1\xC2\xB5s", 1'000},
                         Row{"12ns", 12},
                         Row{".5s", 500'000'000},
                         Row{"1.s", 1'000'000'000},
                         Row{"1.001s", 1'001'000'000},
                         Row{"4.35s", 4'350'000'000},
                         Row{"0.000000001s", 1},
                         Row{"0.9999999999999999999999s", 999'999'999},
                         Row{"1ms1us", 1'001'000},
                         Row{"3m3m", 360'000'000'000},
                         Row{"9223372036854775807ns", INT64_MAX},
                         Row{"-9223372036854775808ns", INT64_MIN},
                         Row{"2562047h47m16.854775807s", INT64_MAX}}) {
    CAPTURE(row.text);
    const auto parsed = parse_go_duration(row.text);
    REQUIRE(parsed.has_value());
    CHECK(parsed->count() == row.nanoseconds);
  }
}

TEST_CASE("what is no duration") {
  for (const std::string_view text : {"",
                                      "-",
                                      "+",
                                      "s",
                                      ".",
                                      ".s",
                                      "1",
                                      "1.5",
                                      "-.s",
                                      "1x",
                                      "1 s",
                                      " 1s",
                                      "1s ",
                                      "1S",
                                      "1.2.3s",
                                      "--1s",
                                      "1e3s",
                                      "9223372036854775808ns",
                                      "-9223372036854775809ns",
                                      "2562048h",
                                      "99999999999999999999999h",
                                      "1ms5",
                                      "9223372036854775808ns9223372036854775808ns"}) {
    CAPTURE(text);
    CHECK(!parse_go_duration(text));
  }
}

TEST_CASE("durations as Go prints them, and back") {
  struct Row {
    int64_t nanoseconds;
    std::string_view text;
  };
  for (const Row& row :
       {Row{0, "0s"}, Row{1, "1ns"}, Row{999, "999ns"}, Row{1'000, "1\xC2\xB5s"},
        Row{1'100, "1.1\xC2\xB5s"}, Row{2'200'000, "2.2ms"}, Row{3'300'000'000, "3.3s"},
        Row{60'000'000'000, "1m0s"}, Row{90'000'000'000, "1m30s"}, Row{245'001'000'000, "4m5.001s"},
        Row{3'600'000'000'000, "1h0m0s"}, Row{18'367'001'000'000, "5h6m7.001s"},
        Row{480'000'000'001, "8m0.000000001s"}, Row{-1'500'000, "-1.5ms"},
        Row{INT64_MAX, "2562047h47m16.854775807s"}}) {
    CAPTURE(row.text);
    CHECK(to_go_duration(Duration(row.nanoseconds)) == row.text);
    CHECK(parse_go_duration(row.text) == Duration(row.nanoseconds));
  }
}

TEST_CASE("times of day in RFC 3339") {
  const auto at = [](int64_t nanoseconds) { return WallTime(Duration(nanoseconds)); };
  CHECK(to_rfc3339(at(0)) == "1970-01-01T00:00:00Z");
  CHECK(to_rfc3339(at(1'795'441'445'123'456'789)) == "2026-11-23T13:44:05.123456789Z");
  CHECK(to_rfc3339(at(1'795'441'445'120'000'000)) == "2026-11-23T13:44:05.12Z");
  CHECK(to_rfc3339(at(1'795'441'445'000'000'000), 3) == "2026-11-23T13:44:05.000Z");
  CHECK(to_rfc3339(at(1'795'441'445'999'999'999), 3) == "2026-11-23T13:44:05.999Z");
  CHECK(to_rfc3339(at(951'782'400'000'000'000)) == "2000-02-29T00:00:00Z");
  CHECK(to_rfc3339(at(-1)) == "1969-12-31T23:59:59.999999999Z");
}

}  // namespace
}  // namespace argosy
