// How a new image is cut into operations. Every block of it belongs to exactly one task:
//   copy     it is in the old image, in a run long enough to be worth naming
//   zero     it is all zeros
//   full     it is of files that nothing old is like
//   patch    everything else, many files at once, each beside the old file it pairs with
// A task is small enough for a worker's memory. Files need not be aligned to blocks, so
// squashfs is cut in the same way as ext.
//
// The planner reads, of both images, only digests and, for files that names don't pair,
// their bytes once.
#pragma once

#include "lib/payload/generate/image.h"

namespace argosy::payload {

// Within a task's bytes: fresh[at, +size) goes with old[old_at, +old_size).
struct Segment {
  uint64_t at = 0;
  uint64_t size = 0;
  uint64_t old_at = 0;
  uint64_t old_size = 0;
};

struct Work {
  enum class Kind { kFull, kPatch, kCopy, kZero };
  Kind kind = Kind::kFull;
  std::vector<Extent> fresh;
  std::vector<Extent> old;
  std::vector<Segment> segments;  // in order of `at`
};

// A full payload of the compatible profile has one operation for so many blocks: 1 MiB.
inline constexpr uint64_t kChunkBlocks = 256;

struct PlanLimits {
  // Bytes of a patch's new blocks, and of the old ones beside it.
  uint64_t patch_bytes = 8 << 20;
  uint64_t old_bytes = 12 << 20;
  uint64_t full_bytes = 4 << 20;
  // An old file up to this size is looked at as a whole, a larger one by a window.
  uint64_t window_bytes = 12 << 20;
  // A patch goes on past patch_bytes to the end of a file, up to here. Operations that
  // work in place need it: pieces of one file would read each other's blocks.
  uint64_t whole_file_bytes = 0;
  // Blocks that are the same form a copy of their own from this many on; in a full
  // payload, blocks of zeros an operation of theirs.
  uint64_t copy_blocks = 16;
  // Each run has an operation of its own: in place, long lists stand in each other's way.
  bool copies_runs_alone = false;
  // Blocks of zeros have tasks of their own.
  bool has_zero = true;
  // Blocks that are the same at the same place need no operation at all.
  bool leaves_same_blocks = false;
};

// Without an old image: full and zero only.
Result<std::vector<Work>> plan(const Image& fresh, const Image* old, const PlanLimits& limits);

}  // namespace argosy::payload
