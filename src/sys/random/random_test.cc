#include "sys/random/random.h"

#include <array>
#include <doctest/doctest.h>
#include <set>

namespace argosy {
namespace {

TEST_CASE("a seed gives the same numbers everywhere") {
  // splitmix64's published outputs for the seed 1234567.
  SeededRandom random(1234567);
  for (const uint64_t expected :
       {6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL,
        4593380528125082431ULL, 16408922859458223821ULL}) {
    CHECK(random.next() == expected);
  }
}

TEST_CASE("below() stays below and reaches every number evenly") {
  SeededRandom random(7);
  CHECK(random.below(1) == 0);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60000; ++i) ++counts[random.below(6)];
  for (const int count : counts) {
    CHECK(count > 9500);
    CHECK(count < 10500);
  }
  // A bound for which almost half of all numbers must be drawn again.
  const uint64_t bound = (1ULL << 63) + 1;
  for (int i = 0; i < 100; ++i) CHECK(random.below(bound) < bound);
}

TEST_CASE("chance() comes true as often as it says") {
  SeededRandom random(7);
  int hits = 0;
  for (int i = 0; i < 100000; ++i) hits += random.chance(10) ? 1 : 0;
  CHECK(hits > 9500);
  CHECK(hits < 10500);
  CHECK(random.chance(1));
}

TEST_CASE("the kernel's numbers do not repeat") {
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(real_random().next());
  CHECK(seen.size() == 1000);
}

}  // namespace
}  // namespace argosy
