// An order for operations that work in place: who reads a block comes before who writes
// it. Where they go round in a circle, those of a small circle become one operation, which
// reads everything before it writes; in a large one some block is written before it was
// read, and whoever would read it must do without. Pure.
#pragma once

#include <vector>

#include "lib/payload/format/manifest.h"

namespace argosy::payload {

struct BlockUse {
  std::vector<Extent> reads;
  std::vector<Extent> writes;
};

struct InPlaceOrder {
  // Indices of the operations; a group of several is one operation.
  std::vector<std::vector<size_t>> groups;
  // By index: the blocks that it reads and that are written by then, sorted.
  std::vector<std::vector<Extent>> lost;
};

// No block is written by two operations. An operation may read what it writes itself.
// Groups of several read and write at most `most_blocks` together.
InPlaceOrder order_in_place(const std::vector<BlockUse>& operations, uint64_t most_blocks);

}  // namespace argosy::payload
