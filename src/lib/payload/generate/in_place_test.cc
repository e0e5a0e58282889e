#include "lib/payload/generate/in_place.h"

#include <algorithm>
#include <doctest/doctest.h>

#include "sys/random/random.h"

namespace argosy::payload {
namespace {

std::vector<BlockUse> random_uses(SeededRandom& random, uint64_t blocks) {
  std::vector<BlockUse> uses;
  for (uint64_t at = 0; at < blocks;) {
    const uint64_t size = std::min(1 + random.below(4), blocks - at);
    BlockUse use;
    use.writes = {{at, size}};
    if (!random.chance(4)) {
      const uint64_t from = random.below(blocks);
      use.reads = {{from, 1 + random.below(blocks - from)}};
    }
    uses.push_back(use);
    at += size;
  }
  return uses;
}

// Checks an order against what it says is lost, block by block.
void check_order(const std::vector<BlockUse>& uses, const InPlaceOrder& order, uint64_t blocks,
                 uint64_t most_blocks) {
  std::vector<size_t> sorted;
  for (const auto& group : order.groups) sorted.insert(sorted.end(), group.begin(), group.end());
  std::ranges::sort(sorted);
  for (size_t i = 0; i < sorted.size(); ++i) CHECK(sorted[i] == i);
  REQUIRE(sorted.size() == uses.size());
  std::vector<bool> is_written(blocks);
  for (const std::vector<size_t>& group : order.groups) {
    uint64_t used = 0;
    for (const size_t i : group) {
      std::vector<bool> is_lost(blocks);
      for (const Extent& extent : order.lost[i]) {
        for (uint64_t b = 0; b < extent.num_blocks; ++b) is_lost[extent.start_block + b] = true;
      }
      std::vector<bool> expected(blocks);
      for (const Extent& extent : uses[i].reads) {
        for (uint64_t b = 0; b < extent.num_blocks; ++b) {
          expected[extent.start_block + b] = is_written[extent.start_block + b];
        }
      }
      CHECK(is_lost == expected);
      used += *count_blocks(uses[i].reads) + *count_blocks(uses[i].writes);
    }
    if (group.size() > 1) CHECK(used <= most_blocks);
    for (const size_t i : group) {
      const Extent& to = uses[i].writes[0];
      for (uint64_t b = 0; b < to.num_blocks; ++b) is_written[to.start_block + b] = true;
    }
  }
}

TEST_CASE("run in this order, what was overwritten is what is called lost") {
  for (uint64_t seed = 1; seed <= 600; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    const uint64_t blocks = 1 + random.below(40);
    const std::vector<BlockUse> uses = random_uses(random, blocks);
    const uint64_t most_blocks = random.below(3 * blocks);
    check_order(uses, order_in_place(uses, most_blocks), blocks, most_blocks);
  }
}

BlockUse moves(uint64_t from, uint64_t to, uint64_t blocks) {
  return {.reads = {{from, blocks}}, .writes = {{to, blocks}}};
}

TEST_CASE("what goes round in no circle loses nothing") {
  // A shift by one: each operation must wait for the next.
  std::vector<BlockUse> shift;
  for (uint64_t i = 0; i < 50; ++i) shift.push_back(moves(i, i + 1, 1));
  const InPlaceOrder order = order_in_place(shift, 1000);
  CHECK(std::ranges::all_of(order.lost, [](const auto& lost) { return lost.empty(); }));
  CHECK(order.groups.size() == 50);
  CHECK(order.groups.front() == std::vector<size_t>{49});
}

TEST_CASE("a small circle is one operation") {
  const std::vector<BlockUse> uses{moves(10, 0, 10), moves(20, 10, 10), moves(0, 20, 2),
                                   moves(100, 22, 8)};
  const InPlaceOrder order = order_in_place(uses, 44);
  CHECK(std::ranges::count(order.groups, std::vector<size_t>{0, 1, 2}) == 1);
  CHECK(std::ranges::all_of(order.lost, [](const auto& lost) { return lost.empty(); }));
}

TEST_CASE("of a large circle the fewest blocks are lost") {
  const std::vector<BlockUse> uses{moves(10, 0, 10), moves(20, 10, 10), moves(0, 20, 2),
                                   moves(100, 22, 8)};
  const InPlaceOrder order = order_in_place(uses, 43);
  CHECK(order.lost[0].empty());
  CHECK(order.lost[1].empty());
  CHECK(order.lost[2] == std::vector<Extent>{{0, 2}});
  CHECK(order.lost[3].empty());
}

}  // namespace
}  // namespace argosy::payload
