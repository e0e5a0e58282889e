// What lies in which block of an image, and what is to become of a new image's blocks.
// Functions of an Image's tables; nothing is read.
#pragma once

#include <optional>

#include "lib/payload/generate/plan.h"

namespace argosy::payload {

// A stretch of an image that belongs to one file.
struct Placed {
  ByteRange range;
  size_t file = 0;
  uint64_t file_offset = 0;
};

class Places {
 public:
  explicit Places(const Image& image);

  // What of the range belongs to which file, in order; what belongs to none is left out.
  std::vector<Placed> within(ByteRange range) const;

 private:
  std::vector<Placed> all_;  // by offset
};

enum class BlockClass : uint8_t { kLeft, kZero, kCopy, kFull, kPatch, kMetadata };

using Pairs = std::vector<std::optional<size_t>>;

// `old` and `pairs` are empty for a full payload.
std::vector<BlockClass> classify(const Image& fresh, const Image* old, const Pairs& pairs,
                                 const PlanLimits& limits);

// The old block at the place of the paired file where it would be, if it is the same.
std::optional<uint64_t> same_block(const Image& fresh, const Image* old, const Pairs& pairs,
                                   const Places& places, uint64_t block);

// The parts of the image that hold these bytes of a file.
std::vector<ByteRange> slice(const MappedFile& file, ByteRange bytes);

// Joined to the extent before, if it follows that.
void append_block(std::vector<Extent>& extents, uint64_t block);

}  // namespace argosy::payload
