// Memory for the bytes of one write transaction, given back all at once. Pieces asked
// for one after the other mostly lie one after the other, so that pages made in order
// can be written in one call.
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "base/bytes.h"

namespace argosy::etcd::bolt {

class Arena {
 public:
  char* allocate(size_t size) {
    if (size > left_) grow(size);
    char* piece = next_;
    next_ += size;
    left_ -= size;
    return piece;
  }
  BytesView copy(BytesView bytes) {
    char* piece = allocate(bytes.size());
    if (!bytes.empty()) std::memcpy(piece, bytes.data(), bytes.size());
    return {piece, bytes.size()};
  }

 private:
  static constexpr size_t kSmallestChunk = 16ULL << 10;
  static constexpr size_t kLargestChunk = 1ULL << 20;

  void grow(size_t size);

  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace argosy::etcd::bolt
