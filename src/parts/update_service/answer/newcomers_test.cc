#include "parts/update_service/answer/newcomers.h"

#include <doctest/doctest.h>

#include "base/format.h"

namespace argosy::update_service {
namespace {

const WallTime kBegin(hours(500'000));

TEST_CASE("an address brings so many at once, and again as the hour passes") {
  Newcomers newcomers(4);
  for (int i = 0; i < 4; ++i) CHECK(newcomers.may_enter("192.0.2.1", kBegin));
  CHECK_FALSE(newcomers.may_enter("192.0.2.1", kBegin));
  CHECK(newcomers.may_enter("192.0.2.2", kBegin));
  CHECK_FALSE(newcomers.may_enter("192.0.2.1", kBegin + minutes(14)));
  CHECK(newcomers.may_enter("192.0.2.1", kBegin + minutes(15)));
  CHECK_FALSE(newcomers.may_enter("192.0.2.1", kBegin + minutes(15)));
  // Refusals cost nothing, and a clock that goes back gives nothing.
  CHECK_FALSE(newcomers.may_enter("192.0.2.1", kBegin - hours(1)));
  for (int i = 0; i < 4; ++i) CHECK(newcomers.may_enter("192.0.2.1", kBegin + hours(2)));
  CHECK_FALSE(newcomers.may_enter("192.0.2.1", kBegin + hours(2)));
}

TEST_CASE("a network of IPv6 is one address; the machine's own are not counted") {
  Newcomers newcomers(1);
  CHECK(newcomers.may_enter("2001:db8:1:2::1", kBegin));
  CHECK_FALSE(newcomers.may_enter("2001:0db8:0001:0002:ffff::9", kBegin));
  CHECK(newcomers.may_enter("2001:db8:1:3::1", kBegin));
  CHECK(newcomers.may_enter("192.0.2.1", kBegin));
  CHECK_FALSE(newcomers.may_enter("::ffff:192.0.2.1", kBegin));
  for (const char* own :
       {"127.0.0.1", "127.0.0.1", "::1", "::1", "::ffff:127.0.0.1", "::ffff:127.0.0.1"}) {
    CHECK(newcomers.may_enter(own, kBegin));
  }
  Newcomers unbounded(0);
  for (int i = 0; i < 10; ++i) CHECK(unbounded.may_enter("192.0.2.1", kBegin));
}

TEST_CASE("of very many addresses those that are quiet are forgotten") {
  Newcomers newcomers(1);
  for (size_t i = 0; i + 1 < Newcomers::kMaxAddresses; ++i) {
    newcomers.may_enter(format("10.{}.{}.{}", i >> 16, i >> 8 & 255, i & 255), kBegin);
  }
  CHECK_FALSE(newcomers.may_enter("10.0.0.1", kBegin + minutes(30)));
  CHECK(newcomers.may_enter("10.255.0.1", kBegin + hours(1)));
  CHECK(newcomers.may_enter("192.0.2.1", kBegin + hours(1)));
  CHECK_FALSE(newcomers.may_enter("192.0.2.1", kBegin + hours(1)));
}

}  // namespace
}  // namespace argosy::update_service
