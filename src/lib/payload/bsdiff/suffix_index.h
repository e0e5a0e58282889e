// A suffix array with a table of its first two bytes: where in a text is the longest
// piece that something begins with. Pure; made once, then read only.
#pragma once

#include <array>
#include <memory>

#include "base/bytes.h"

namespace argosy::payload {

class SuffixIndex {
 public:
  // The text outlives it and is shorter than 2 GiB.
  explicit SuffixIndex(BytesView text);

  struct Found {
    size_t at = 0;
    size_t size = 0;
  };
  // The longest prefix of `needle` that is in the text; size 0 when there is none of
  // two bytes.
  Found longest(BytesView needle) const;

 private:
  BytesView text_;
  std::unique_ptr<int32_t[]> order_;
  // By the first two bytes: where their suffixes begin in order_.
  std::unique_ptr<std::array<uint32_t, 65537>> starts_;
  uint32_t after_last_byte_ = 0;
};

// How many bytes two texts have in common at their beginning.
size_t common_prefix(const char* a, const char* b, size_t most);

}  // namespace argosy::payload
