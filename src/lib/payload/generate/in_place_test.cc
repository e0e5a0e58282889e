#include "lib/payload/generate/in_place.h"

#include <algorithm>
#include <doctest/doctest.h>

#include "sys/random/random.h"

namespace argosy::payload {
namespace {

// Each block is a number; an operation that is not converted makes its blocks of the old
// numbers of what it reads.
TEST_CASE("run in this order, no operation reads what another has written") {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    const uint64_t blocks = 1 + random.below(40);
    std::vector<Operation> operations;
    for (uint64_t at = 0; at < blocks;) {
      const uint64_t size = std::min(1 + random.below(4), blocks - at);
      Operation operation;
      operation.dst_extents = {{at, size}};
      if (!random.chance(4)) {
        const uint64_t from = random.below(blocks);
        operation.src_extents = {{from, 1 + random.below(blocks - from)}};
      }
      operations.push_back(operation);
      at += size;
    }
    const InPlaceOrder order = order_in_place(operations);
    std::vector<size_t> sorted = order.order;
    std::ranges::sort(sorted);
    for (size_t i = 0; i < sorted.size(); ++i) CHECK(sorted[i] == i);
    CHECK(sorted.size() == operations.size());
    std::vector<bool> is_written(blocks);
    for (const size_t i : order.order) {
      if (!order.is_converted[i]) {
        for (const Extent& extent : operations[i].src_extents) {
          for (uint64_t b = 0; b < extent.num_blocks; ++b) {
            CHECK_FALSE(is_written[extent.start_block + b]);
          }
        }
      }
      const Extent& to = operations[i].dst_extents[0];
      for (uint64_t b = 0; b < to.num_blocks; ++b) is_written[to.start_block + b] = true;
    }
  }
}

Operation moves(uint64_t from, uint64_t to, uint64_t blocks) {
  Operation operation;
  operation.src_extents = {{from, blocks}};
  operation.dst_extents = {{to, blocks}};
  return operation;
}

TEST_CASE("what goes round in no circle is not converted") {
  // A shift by one: each operation must wait for the next.
  std::vector<Operation> shift;
  for (uint64_t i = 0; i < 50; ++i) shift.push_back(moves(i, i + 1, 1));
  const InPlaceOrder order = order_in_place(shift);
  CHECK(std::ranges::count(order.is_converted, true) == 0);
  CHECK(order.order.front() == 49);
}

TEST_CASE("of a circle the cheapest operation is converted") {
  const InPlaceOrder order =
      order_in_place({moves(10, 0, 10), moves(20, 10, 10), moves(0, 20, 2), moves(100, 22, 8)});
  CHECK(order.is_converted == std::vector<bool>{false, false, true, false});
}

}  // namespace
}  // namespace argosy::payload
