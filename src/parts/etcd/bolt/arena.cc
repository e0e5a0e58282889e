#include "parts/etcd/bolt/arena.h"

#include <algorithm>

namespace argosy::etcd::bolt {

void Arena::grow(size_t size) {
  const size_t usual =
      std::min(kSmallestChunk << std::min<size_t>(chunks_.size(), 6), kLargestChunk);
  left_ = std::max(size, usual);
  chunks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
  next_ = chunks_.back().get();
}

}  // namespace argosy::etcd::bolt
