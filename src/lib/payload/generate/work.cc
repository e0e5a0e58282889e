#include "lib/payload/generate/work.h"

#include <algorithm>

#include "base/check.h"
#include "lib/payload/bsdiff/patch.h"
#include "lib/payload/compression/compression.h"
#include "sys/crypto/digest.h"

namespace argosy::payload {
namespace {

uint64_t bytes_of(const std::vector<Extent>& extents) {
  return *count_blocks(extents) * kBlockSize;
}

void set_blob(MadeOperation& made, OperationType type, Bytes blob) {
  made.operation.type = type;
  made.operation.data_length = blob.size();
  made.operation.data_sha256 = sha256(blob);
  made.blob = std::move(blob);
}

// Without the zeros behind a file's end: who writes blocks pads them.
Result<Bytes> read_file_bytes(const Image& image, const std::vector<Extent>& extents) {
  Bytes bytes = TRY(image.read(extents));
  const Extent& last = extents.back();
  if (last.start_block + last.num_blocks == image.blocks()) {
    bytes.resize(bytes.size() - (image.blocks() * kBlockSize - image.size()));
  }
  return bytes;
}

// The smallest of the packings, or the bytes as they are.
void set_packed(MadeOperation& made, BytesView bytes, Packing packing) {
  Bytes packed = pack(packing, bytes);
  if (packed.size() >= bytes.size()) return set_blob(made, OperationType::kReplace, Bytes(bytes));
  OperationType type = OperationType::kReplaceBz;
  if (packing == Packing::kXz) type = OperationType::kReplaceXz;
  if (packing == Packing::kZstd) type = OperationType::kReplaceZstd;
  set_blob(made, type, std::move(packed));
}

Packing packing_for(Profile profile, bool is_delta) {
  if (profile == Profile::kCompatible) return Packing::kBzip2;
  return is_delta ? Packing::kXz : Packing::kZstd;
}

void append_matches(std::vector<Match>& all, const std::vector<Match>& found,
                    const Segment& segment) {
  for (const Match& match : found) {
    const uint64_t fresh_at = segment.at + match.fresh_at;
    const uint64_t old_at = segment.old_at + match.old_at;
    const bool goes_on = !all.empty() && all.back().fresh_at + all.back().size == fresh_at &&
                         all.back().old_at + all.back().size == old_at;
    if (goes_on) {
      all.back().size += match.size;
    } else {
      all.push_back({fresh_at, old_at, match.size});
    }
  }
}

Result<MadeOperation> make_patched(const Work& work, const Image& fresh_image,
                                   const Image& old_image, Profile profile) {
  MadeOperation made;
  const Bytes fresh = TRY(fresh_image.read(work.fresh));
  const Bytes old = TRY(old_image.read(work.old));
  std::vector<Match> matches;
  for (const Segment& segment : work.segments) {
    append_matches(matches,
                   find_matches(BytesView(old).substr(segment.old_at, segment.old_size),
                                BytesView(fresh).substr(segment.at, segment.size)),
                   segment);
  }
  Bytes patch = make_patch(old, fresh, matches);
  made.operation.dst_extents = work.fresh;
  const bool is_doubtful = patch.size() > fresh.size() / 8;
  if (is_doubtful) {
    set_packed(made, fresh, packing_for(profile, true));
    if (made.blob.size() <= patch.size()) return made;
  }
  const bool is_in_place = profile == Profile::kCompatible;
  set_blob(made, is_in_place ? OperationType::kBsdiff : OperationType::kSourceBsdiff,
           std::move(patch));
  made.operation.src_extents = work.old;
  if (is_in_place) {
    made.operation.src_length = old.size();
    made.operation.dst_length = fresh.size();
  } else {
    made.operation.src_sha256 = sha256(old);
  }
  return made;
}

Result<MadeOperation> make_copy(const Work& work, const Image& old, Profile profile) {
  MadeOperation made;
  made.operation.src_extents = work.old;
  made.operation.dst_extents = work.fresh;
  if (profile == Profile::kCompatible) {
    made.operation.type = OperationType::kMove;
    made.operation.src_length = bytes_of(work.old);
    made.operation.dst_length = bytes_of(work.fresh);
    return made;
  }
  made.operation.type = OperationType::kSourceCopy;
  Sha256 hash;
  for (const Extent& extent : work.old) {
    constexpr uint64_t kStep = 256;
    for (uint64_t at = 0; at < extent.num_blocks; at += kStep) {
      hash.update(
          TRY(old.read({{extent.start_block + at, std::min(kStep, extent.num_blocks - at)}})));
    }
  }
  made.operation.src_sha256 = hash.finish();
  return made;
}

}  // namespace

uint64_t memory_for(const Work& work) {
  constexpr uint64_t kPacker = 16 << 20;
  if (work.kind == Work::Kind::kCopy || work.kind == Work::Kind::kZero) return 1 << 20;
  const uint64_t fresh = bytes_of(work.fresh);
  uint64_t widest = 0;
  for (const Segment& segment : work.segments) widest = std::max(widest, segment.old_size);
  // A packer of xz needs twelve times its window.
  const uint64_t index_or_packer = std::max(4 * widest, std::min<uint64_t>(fresh, 4 << 20) * 12);
  return 2 * fresh + bytes_of(work.old) + index_or_packer + kPacker;
}

Result<MadeOperation> make_operation(const Work& work, const Image& fresh, const Image* old,
                                     Profile profile) {
  switch (work.kind) {
    case Work::Kind::kPatch:
      return make_patched(work, fresh, *old, profile);
    case Work::Kind::kCopy:
      return make_copy(work, *old, profile);
    case Work::Kind::kZero: {
      MadeOperation made;
      made.operation.type = OperationType::kZero;
      made.operation.dst_extents = work.fresh;
      return made;
    }
    case Work::Kind::kFull: {
      MadeOperation made;
      const Bytes bytes = TRY(read_file_bytes(fresh, work.fresh));
      set_packed(made, bytes, packing_for(profile, old != nullptr));
      made.operation.dst_extents = work.fresh;
      // The original says so of the last, shorter chunk, too.
      const bool is_chunk = profile == Profile::kCompatible && old == nullptr;
      if (is_chunk) made.operation.dst_extents.back().num_blocks = kChunkBlocks;
      return made;
    }
  }
  unreachable("a kind of work");
}

}  // namespace argosy::payload
