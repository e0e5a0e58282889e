#include "lib/payload/apply/extent_io.h"

#include <algorithm>

#include "base/check.h"

namespace argosy::payload {

ExtentReader::ExtentReader(const std::vector<Extent>& extents, uint32_t block, uint64_t size,
                           Read read)
    : extents_(extents), block_(block), size_(size), read_(std::move(read)) {
  uint64_t begin = 0;
  for (const Extent& extent : extents) {
    begins_.push_back(begin);
    begin += extent.num_blocks * block;
  }
  check(size <= begin, "the extents hold what is asked of them");
}

Result<void> ExtentReader::read(uint64_t offset, std::span<char> to) {
  check(offset <= size_ && to.size() <= size_ - offset);
  auto index = static_cast<size_t>(std::ranges::upper_bound(begins_, offset) - begins_.begin());
  while (!to.empty()) {
    check(index > 0);
    const Extent& extent = extents_[index - 1];
    const uint64_t inside = offset - begins_[index - 1];
    const uint64_t left = extent.num_blocks * block_ - inside;
    const size_t some = std::min<uint64_t>(left, to.size());
    if (extent.is_hole()) {
      std::ranges::fill(to.first(some), '\0');
    } else if (some > 0) {
      TRY(read_(extent.start_block * block_ + inside, to.first(some)));
    }
    to = to.subspan(some);
    offset += some;
    ++index;
  }
  return {};
}

Result<void> ExtentWriter::write(BytesView bytes) {
  while (!bytes.empty()) {
    if (at_ == extents_.size()) {
      return fail(Code::kOutOfRange, "an operation makes more than its blocks hold");
    }
    const Extent& extent = extents_[at_];
    const uint64_t size = extent.num_blocks * block_;
    const size_t some = std::min<uint64_t>(size - inside_, bytes.size());
    if (!extent.is_hole() && some > 0) {
      TRY(write_(extent.start_block * block_ + inside_, bytes.substr(0, some)));
    }
    bytes.remove_prefix(some);
    inside_ += some;
    written_ += some;
    if (inside_ == size) {
      ++at_;
      inside_ = 0;
    }
  }
  return {};
}

Result<void> ExtentWriter::pad() {
  const uint64_t over = written_ % block_;
  if (over == 0) return {};
  return write(Bytes(block_ - over, '\0'));
}

}  // namespace argosy::payload
