#include "lib/payload/bsdiff/suffix_index.h"

#include <algorithm>
#include <divsufsort.h>

#include "base/check.h"

namespace argosy::payload {
namespace {

uint32_t first_two(const char* at) {
  return static_cast<uint32_t>(static_cast<uint8_t>(at[0])) << 8 | static_cast<uint8_t>(at[1]);
}

}  // namespace

size_t common_prefix(const char* a, const char* b, size_t most) {
  size_t size = 0;
  while (size + 8 <= most) {
    const uint64_t difference = load_le64(a + size) ^ load_le64(b + size);
    if (difference != 0) return size + static_cast<size_t>(__builtin_ctzll(difference)) / 8;
    size += 8;
  }
  while (size < most && a[size] == b[size]) ++size;
  return size;
}

SuffixIndex::SuffixIndex(BytesView text)
    : text_(text),
      order_(std::make_unique_for_overwrite<int32_t[]>(text.size() + 1)),
      starts_(std::make_unique<std::array<uint32_t, 65537>>()) {
  check(text.size() < (size_t{1} << 31));
  if (text.size() < 2) return;
  check(divsufsort(reinterpret_cast<const sauchar_t*>(text.data()), order_.get(),
                   static_cast<saidx_t>(text.size())) == 0);
  std::array<uint32_t, 65537>& starts = *starts_;
  for (size_t at = 0; at + 1 < text.size(); ++at) ++starts[first_two(text.data() + at) + 1];
  // The suffix of one byte stands right before the pairs that begin with its byte, and
  // belongs to none.
  after_last_byte_ = static_cast<uint32_t>(static_cast<uint8_t>(text.back())) << 8;
  ++starts[after_last_byte_];
  for (size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
}

SuffixIndex::Found SuffixIndex::longest(BytesView needle) const {
  if (needle.size() < 2 || text_.size() < 2) return {};
  const uint32_t pair = first_two(needle.data());
  size_t low = (*starts_)[pair];
  size_t high = (*starts_)[pair + 1] - (pair + 1 == after_last_byte_ ? 1 : 0);
  size_t low_size = 2;
  size_t high_size = 2;
  Found best;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const auto at = static_cast<size_t>(order_[middle]);
    const size_t most = std::min(needle.size(), text_.size() - at);
    size_t size = std::min({low_size, high_size, most});
    size += common_prefix(text_.data() + at + size, needle.data() + size, most - size);
    if (size > best.size) best = {at, size};
    if (size == needle.size()) return best;
    const bool is_before =
        size == most || static_cast<uint8_t>(text_[at + size]) < static_cast<uint8_t>(needle[size]);
    (is_before ? low : high) = is_before ? middle + 1 : middle;
    (is_before ? low_size : high_size) = size;
  }
  return best;
}

}  // namespace argosy::payload
