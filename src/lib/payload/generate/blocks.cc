#include "lib/payload/generate/blocks.h"

#include <algorithm>

namespace argosy::payload {

Places::Places(const Image& image) {
  for (size_t i = 0; i < image.files().size(); ++i) {
    uint64_t offset = 0;
    for (const ByteRange range : image.files()[i].ranges) {
      all_.push_back({.range = range, .file = i, .file_offset = offset});
      offset += range.size;
    }
  }
  std::ranges::sort(all_, {}, [](const Placed& placed) { return placed.range.offset; });
}

std::vector<Placed> Places::within(ByteRange range) const {
  std::vector<Placed> found;
  auto at = std::ranges::upper_bound(all_, range.offset, {},
                                     [](const Placed& placed) { return placed.range.end(); });
  for (; at != all_.end() && at->range.offset < range.end(); ++at) {
    const uint64_t begin = std::max(at->range.offset, range.offset);
    const uint64_t end = std::min(at->range.end(), range.end());
    found.push_back({.range = {begin, end - begin},
                     .file = at->file,
                     .file_offset = at->file_offset + (begin - at->range.offset)});
  }
  return found;
}

std::vector<ByteRange> slice(const MappedFile& file, ByteRange bytes) {
  std::vector<ByteRange> found;
  uint64_t at = 0;
  for (const ByteRange range : file.ranges) {
    const uint64_t begin = std::max(at, bytes.offset);
    const uint64_t end = std::min(at + range.size, bytes.end());
    if (begin < end) found.push_back({range.offset + (begin - at), end - begin});
    at += range.size;
  }
  return found;
}

void append_block(std::vector<Extent>& extents, uint64_t block) {
  const bool follows =
      !extents.empty() && extents.back().start_block + extents.back().num_blocks == block;
  if (follows) {
    ++extents.back().num_blocks;
  } else {
    extents.push_back({block, 1});
  }
}

std::optional<uint64_t> same_block(const Image& fresh, const Image* old, const Pairs& pairs,
                                   const Places& places, uint64_t block) {
  const std::vector<Placed> pieces = places.within({block * kBlockSize, kBlockSize});
  if (pieces.size() != 1 || pieces[0].range.size != kBlockSize) return std::nullopt;
  const std::optional<size_t> pair = pairs[pieces[0].file];
  if (!pair) return std::nullopt;
  const std::vector<ByteRange> was =
      slice(old->files()[*pair], {pieces[0].file_offset, kBlockSize});
  const bool is_aligned =
      was.size() == 1 && was[0].size == kBlockSize && was[0].offset % kBlockSize == 0;
  if (!is_aligned) return std::nullopt;
  const uint64_t there = was[0].offset / kBlockSize;
  return old->digest(there) == fresh.digest(block) ? std::optional(there) : std::nullopt;
}

namespace {

class Classifier {
 public:
  Classifier(const Image& fresh, const Image* old, const Pairs& pairs, const PlanLimits& limits)
      : fresh_(fresh), old_(old), pairs_(pairs), limits_(limits) {}

  std::vector<BlockClass> run() {
    for (uint64_t block = 0; block < fresh_.blocks(); ++block) {
      classes_.push_back(classify_block(block));
    }
    return std::move(classes_);
  }

 private:
  BlockClass classify_block(uint64_t block) {
    const bool is_same = old_ != nullptr && limits_.leaves_same_blocks && block < old_->blocks() &&
                         old_->digest(block) == fresh_.digest(block);
    if (is_same) return BlockClass::kLeft;
    if (fresh_.is_zero(block)) return limits_.has_zero ? BlockClass::kZero : BlockClass::kFull;
    if (old_ == nullptr) return BlockClass::kFull;
    if (is_in_copy(block)) return BlockClass::kCopy;
    const std::vector<Placed> pieces = places_.within({block * kBlockSize, kBlockSize});
    const size_t metadata = fresh_.files().size() - 1;
    const auto is_metadata = [&](const Placed& piece) { return piece.file == metadata; };
    const auto is_alone = [&](const Placed& piece) { return !pairs_[piece.file]; };
    if (std::ranges::all_of(pieces, is_alone)) return BlockClass::kFull;
    return std::ranges::all_of(pieces, is_metadata) ? BlockClass::kMetadata : BlockClass::kPatch;
  }

  // Whether the block is in a run of blocks that are the same, long enough for a copy.
  bool is_in_copy(uint64_t block) {
    if (block < copies_end_) return true;
    if (block < checked_end_) return false;
    uint64_t end = block;
    while (end < fresh_.blocks() && same_block(fresh_, old_, pairs_, places_, end)) ++end;
    checked_end_ = end + 1;
    if (end - block < limits_.copy_blocks) return false;
    copies_end_ = end;
    return true;
  }

  const Image& fresh_;
  const Image* old_;
  const Pairs& pairs_;
  const PlanLimits& limits_;
  Places places_{fresh_};
  std::vector<BlockClass> classes_;
  uint64_t copies_end_ = 0;
  uint64_t checked_end_ = 0;
};

}  // namespace

std::vector<BlockClass> classify(const Image& fresh, const Image* old, const Pairs& pairs,
                                 const PlanLimits& limits) {
  return Classifier(fresh, old, pairs, limits).run();
}

}  // namespace argosy::payload
