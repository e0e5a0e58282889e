// An order for operations that work in place: who reads a block comes before who writes
// it. Where they go round in a circle, some operation must do without its source. Pure.
#pragma once

#include <vector>

#include "lib/payload/format/manifest.h"

namespace argosy::payload {

struct InPlaceOrder {
  std::vector<size_t> order;       // indices of the operations
  std::vector<bool> is_converted;  // by index: this one must read nothing
};

// No block is written by two operations. An operation may read what it writes itself.
InPlaceOrder order_in_place(const std::vector<Operation>& operations);

}  // namespace argosy::payload
