#include <doctest/doctest.h>

#include "parts/rkt/ctl/tabs.h"
#include "parts/rkt/ctl/texts.h"

namespace argosy::rkt {
namespace {

TEST_CASE("tables as Go's tabwriter aligns them") {
  struct Row {
    const char* text;
    const char* aligned;
  };
  // What text/tabwriter printed with (0, 8, 1, '\t', 0).
  constexpr Row kRows[] = {
      {"", ""},
      {"a\n", "a\n"},
      {"a\tb\n", "a\tb\n"},
      {"a\tb\nlonger than eight\tb\n", "a\t\t\tb\nlonger than eight\tb\n"},
      {"1234567\tb\n", "1234567\tb\n"},
      {"12345678\tb\n", "12345678\tb\n"},
      {"12345678\tb\n1\tb\n", "12345678\tb\n1\t\tb\n"},
      {"a\t\tc\nb\t1234567890\tc\n", "a\t\t\tc\nb\t1234567890\tc\n"},
      {"longer than eight\tb\nalone\nx\ty\n", "longer than eight\tb\nalone\nx\ty\n"},
      {"äöüäöüä\tb\nx\ty\n", "äöüäöüä\tb\nx\ty\n"},
      {"\ta\n\tb\n", "\ta\n\tb\n"},
  };
  for (const Row& row : kRows) CHECK(align_tabs(row.text) == row.aligned);
}

TEST_CASE("relative times") {
  const WallTime now(hours(24 * 365 * 50));
  const auto ago = [&](Duration age) { return relative_time(now - age, now); };
  constexpr auto kDay = hours(24);
  CHECK(ago(Duration(0)) == "now");
  CHECK(ago(milliseconds(900)) == "now");
  CHECK(ago(seconds(1)) == "1 second ago");
  CHECK(ago(seconds(59)) == "59 seconds ago");
  CHECK(ago(seconds(60)) == "1 minute ago");
  CHECK(ago(seconds(120)) == "2 minutes ago");
  CHECK(ago(minutes(60)) == "1 hour ago");
  CHECK(ago(hours(23)) == "23 hours ago");
  CHECK(ago(kDay) == "1 day ago");
  CHECK(ago(2 * kDay) == "2 days ago");
  CHECK(ago(7 * kDay) == "1 week ago");
  CHECK(ago(14 * kDay) == "2 weeks ago");
  CHECK(ago(30 * kDay) == "1 month ago");
  CHECK(ago(60 * kDay) == "2 months ago");
  CHECK(ago(360 * kDay) == "1 year ago");
  CHECK(ago(18 * 30 * kDay) == "2 years ago");
  CHECK(ago(3 * 360 * kDay) == "3 years ago");
  CHECK(ago(37 * 360 * kDay) == "a long while ago");
  CHECK(ago(-hours(3)) == "3 hours from now");
}

TEST_CASE("sizes") {
  CHECK(size_text(0) == "0B");
  CHECK(size_text(9) == "9B");
  CHECK(size_text(10) == "10B");
  CHECK(size_text(1023) == "1023B");
  CHECK(size_text(1024) == "1.0KiB");
  CHECK(size_text(10240) == "10KiB");
  CHECK(size_text(1'986'560) == "1.9MiB");
  CHECK(size_text(83 << 20) == "83MiB");
  CHECK(size_text(uint64_t{3} << 60) == "3.0EiB");
}

TEST_CASE("absolute times leave out zeros at the fraction's end") {
  const std::string whole = absolute_time(WallTime(seconds(1'700'000'000)));
  CHECK(whole.size() >= std::string_view("2023-11-14 22:13:20 +0000 UTC").size());
  CHECK(whole.find('.') == std::string::npos);
  CHECK(absolute_time(WallTime(milliseconds(1'700'000'000'120))).find(".12 ") != std::string::npos);
}

}  // namespace
}  // namespace argosy::rkt
