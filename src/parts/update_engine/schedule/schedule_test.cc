#include "parts/update_engine/schedule/schedule.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace argosy::update_engine;

TEST_CASE("the first check, and the usual ones") {
  CHECK(first_interval() == Interval{420, 600});
  CHECK(next_interval({.interval_seconds = 420}) == Interval{2700, 600});
  CHECK(next_interval({.interval_seconds = 2700, .http_status = 200}) == Interval{2700, 600});
  CHECK(next_interval({.interval_seconds = 2700, .http_status = 404}) == Interval{2700, 600});
}

TEST_CASE("a quick retry goes before all else") {
  CHECK(next_interval({.poll_seconds = 9000, .http_status = 503, .wants_quick_retry = true}) ==
        Interval{60, 60});
}

TEST_CASE("an overloaded server gets twice the time, up to four hours") {
  LastCheck last{.interval_seconds = 420, .http_status = 503};
  int expected[] = {2700, 5400, 10800, 14400, 14400};
  for (const int seconds : expected) {
    const Interval interval = next_interval(last);
    CHECK(interval.seconds == seconds);
    CHECK(interval.fuzz == (seconds == 2700 ? 600 : seconds));
    last.interval_seconds = interval.seconds;
    last.http_status = last.http_status == 503 ? 500 : 503;
  }
}

TEST_CASE("the server's wish within bounds") {
  CHECK(next_interval({.poll_seconds = 100}) == Interval{2700, 600});
  CHECK(next_interval({.poll_seconds = 2700}) == Interval{2700, 2700});
  CHECK(next_interval({.poll_seconds = 9000, .http_status = 503}) == Interval{9000, 9000});
  CHECK(next_interval({.poll_seconds = 1000000}) == Interval{14400, 14400});
  CHECK(next_interval({.poll_seconds = -5}) == Interval{2700, 600});
}

TEST_CASE("chance covers the fuzz to its ends") {
  int lowest = 1 << 30;
  int highest = 0;
  for (uint64_t chance = 0; chance < 3000; ++chance) {
    const int delay = delay_seconds({2700, 600}, chance);
    lowest = std::min(lowest, delay);
    highest = std::max(highest, delay);
  }
  CHECK(lowest == 2400);
  CHECK(highest == 3000);
  CHECK(delay_seconds({10, 100}, 0) == 0);
  CHECK(delay_seconds({60, 60}, ~uint64_t{0}) <= 90);
}
