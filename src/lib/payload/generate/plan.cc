#include "lib/payload/generate/plan.h"

#include <algorithm>

#include "lib/payload/generate/blocks.h"
#include "lib/payload/generate/pairing.h"
#include "sys/crypto/digest.h"

namespace argosy::payload {
namespace {

constexpr size_t kPiece = 1 << 20;
// More of a file is compared in several steps, each with its own window.
constexpr uint64_t kMostOfSegment = 8 << 20;

// Feeds a file's bytes to something that takes pieces.
template <typename Take>
Result<void> read_file(const Image& image, const MappedFile& file, Take take) {
  Bytes piece(kPiece, '\0');
  for (const ByteRange range : file.ranges) {
    for (uint64_t at = range.offset; at < range.end();) {
      const size_t some = std::min<uint64_t>(kPiece, range.end() - at);
      TRY(image.read(at, {piece.data(), some}));
      take(BytesView(piece).substr(0, some));
      at += some;
    }
  }
  return {};
}

// All files but the last, which is the rest of the image.
Result<std::vector<PairingFile>> list_files(const Image& image) {
  std::vector<PairingFile> files;
  for (size_t i = 0; i + 1 < image.files().size(); ++i) {
    const MappedFile& file = image.files()[i];
    Sha256 hash;
    TRY(read_file(image, file, [&](BytesView bytes) { hash.update(bytes); }));
    files.push_back({.path = file.path, .size = file.size(), .digest = hash.finish()});
  }
  return files;
}

class Planner {
 public:
  Planner(const Image& fresh, const Image* old, const PlanLimits& limits)
      : fresh_(fresh), old_(old), limits_(limits) {}

  Result<std::vector<Work>> run() {
    if (old_ != nullptr) TRY(pair());
    const std::vector<BlockClass> classes = classify(fresh_, old_, pairs_, limits_);
    if (old_ == nullptr) {
      collect_in_order(classes);
      return std::move(works_);
    }
    for (const BlockClass wanted : {BlockClass::kPatch, BlockClass::kMetadata}) {
      takes_rest_ = wanted == BlockClass::kMetadata;
      for (uint64_t block = 0; block < classes.size(); ++block) {
        if (classes[block] == wanted) add_patched(block);
      }
      close_patch();
    }
    collect(classes, BlockClass::kFull, Work::Kind::kFull, limits_.full_bytes);
    collect(classes, BlockClass::kZero, Work::Kind::kZero, ~uint64_t{0});
    collect_copies(classes);
    return std::move(works_);
  }

 private:
  Result<void> pair() {
    const std::vector<PairingFile> old_files = TRY(list_files(*old_));
    const std::vector<PairingFile> new_files = TRY(list_files(fresh_));
    Result<void> outcome;
    const auto sketch = [&](bool is_old, size_t index) {
      const Image& image = is_old ? *old_ : fresh_;
      Sketch made;
      auto done = read_file(image, image.files()[index], [&](BytesView b) { made.add(b); });
      if (!done) outcome = std::move(done);
      return std::move(made).finish();
    };
    pairs_ = pair_files(old_files, new_files, sketch);
    TRY(std::move(outcome));
    // The rest goes with the rest, if the images are of a kind.
    const bool are_alike = fresh_.has_metadata() == old_->has_metadata();
    pairs_.push_back(are_alike ? std::optional(old_->files().size() - 1) : std::nullopt);
    return {};
  }

  // -- Patches: blocks in the image's order, with the files that lie in them.

  void add_patched(uint64_t block) {
    const uint64_t begin = block * kBlockSize;
    const std::vector<Placed> pieces = places_.within({begin, kBlockSize});
    const bool is_full = patch_bytes_ >= limits_.patch_bytes || old_bytes_ >= limits_.old_bytes;
    const bool is_within_file =
        !open_.empty() && !pieces.empty() && open_.back().file == pieces.front().file &&
        open_.back().size >= kBlockSize && patch_bytes_ < limits_.whole_file_bytes;
    if (is_full && !is_within_file) close_patch();
    append_block(patch_.fresh, block);
    for (const Placed& piece : pieces) {
      add_piece(patch_bytes_ + (piece.range.offset - begin), piece);
    }
    patch_bytes_ += kBlockSize;
  }

  // The next bytes of a file either go on with the segment before or begin one.
  void add_piece(uint64_t at, const Placed& piece) {
    const bool is_rest = piece.file + 1 == fresh_.files().size();
    // The rest of an image is large and scattered; it has patches of its own.
    if (!pairs_[piece.file] || is_rest != takes_rest_) return;
    if (!open_.empty()) {
      OpenSegment& last = open_.back();
      const bool goes_on = last.file == piece.file && last.at + last.size == at &&
                           last.file_at + last.size == piece.file_offset &&
                           last.size < kMostOfSegment;
      if (goes_on) {
        last.size += piece.range.size;
        return;
      }
    }
    if (!open_.empty()) old_bytes_ += window_of(open_.back()).size;
    open_.push_back(
        {.file = piece.file, .at = at, .file_at = piece.file_offset, .size = piece.range.size});
  }

  struct OpenSegment {
    size_t file;
    uint64_t at;       // in the task's bytes
    uint64_t file_at;  // in the file
    uint64_t size;
  };

  // Which bytes of the old file are looked at: all, or a window about the same part.
  ByteRange window_of(const OpenSegment& segment) const {
    const MappedFile& was = old_->files()[*pairs_[segment.file]];
    const uint64_t old_size = was.size();
    if (old_size <= limits_.window_bytes) return {0, old_size};
    const uint64_t new_size = fresh_.files()[segment.file].size();
    const double scale = static_cast<double>(old_size) / static_cast<double>(new_size);
    const auto middle = static_cast<uint64_t>(
        (static_cast<double>(segment.file_at) + static_cast<double>(segment.size) / 2) * scale);
    const uint64_t half = std::min(limits_.window_bytes, segment.size + (4 << 20)) / 2;
    const uint64_t begin = middle > half ? std::min(middle - half, old_size) : 0;
    return {begin, std::min(2 * half, old_size - begin)};
  }

  // The first bytes of a file whose other blocks are in the next patch: comparing them
  // would make this patch read all of the old file.
  void drop_scraps() {
    if (open_.empty()) return;
    const OpenSegment& last = open_.back();
    const bool is_scrap = last.size < kBlockSize && last.size < fresh_.files()[last.file].size();
    if (is_scrap) open_.pop_back();
  }

  void close_patch() {
    if (patch_.fresh.empty()) return;
    patch_.kind = Work::Kind::kPatch;
    uint64_t old_at = 0;  // bytes of patch_.old
    if (limits_.whole_file_bytes > 0) drop_scraps();
    for (const OpenSegment& open : open_) {
      const MappedFile& was = old_->files()[*pairs_[open.file]];
      uint64_t low = ~uint64_t{0};
      uint64_t high = 0;
      for (const ByteRange range : slice(was, window_of(open))) {
        const uint64_t begin = append_bytes(patch_.old, old_at, range);
        low = std::min(low, begin);
        high = std::max(high, begin + range.size);
      }
      if (low < high) patch_.segments.push_back({open.at, open.size, low, high - low});
    }
    if (patch_.segments.empty()) {
      patch_.kind = Work::Kind::kFull;
      patch_.old.clear();
    }
    works_.push_back(std::move(patch_));
    patch_ = {};
    open_.clear();
    patch_bytes_ = 0;
    old_bytes_ = 0;
  }

  // Adds the blocks of a range of old bytes; returns where in the task's old bytes it
  // begins. Ranges that touch share their block.
  static uint64_t append_bytes(std::vector<Extent>& extents, uint64_t& size, ByteRange range) {
    const uint64_t first = range.offset / kBlockSize;
    const uint64_t last = (range.end() - 1) / kBlockSize;
    if (!extents.empty()) {
      Extent& before = extents.back();
      const uint64_t end = before.start_block + before.num_blocks;
      const bool touches = before.start_block <= first && first <= end;
      if (touches) {
        const uint64_t begin = size - (end - first) * kBlockSize;
        if (last + 1 > end) {
          size += (last + 1 - end) * kBlockSize;
          before.num_blocks = last + 1 - before.start_block;
        }
        return begin + range.offset % kBlockSize;
      }
    }
    extents.push_back({first, last + 1 - first});
    const uint64_t begin = size + range.offset % kBlockSize;
    size += (last + 1 - first) * kBlockSize;
    return begin;
  }

  // -- Everything else

  // A full payload goes from the first block to the last, so that who applies it can hash
  // what it writes on the way. Short runs of zeros are not worth an operation.
  void collect_in_order(const std::vector<BlockClass>& classes) {
    Work work;
    const auto close = [&] {
      if (!work.fresh.empty()) works_.push_back(std::exchange(work, {}));
    };
    for (uint64_t block = 0; block < classes.size();) {
      uint64_t end = block;
      while (end < classes.size() && classes[end] == BlockClass::kZero) ++end;
      if (end - block >= limits_.copy_blocks) {
        close();
        works_.push_back({.kind = Work::Kind::kZero, .fresh = {{block, end - block}}});
        block = end;
        continue;
      }
      for (end = std::max(end, block + 1); block < end; ++block) {
        append_block(work.fresh, block);
        if (work.fresh.back().num_blocks * kBlockSize >= limits_.full_bytes) close();
      }
    }
    close();
  }

  void collect(const std::vector<BlockClass>& classes, BlockClass wanted, Work::Kind kind,
               uint64_t most_bytes) {
    Work work{.kind = kind, .fresh = {}, .old = {}, .segments = {}};
    uint64_t bytes = 0;
    const auto close = [&] {
      if (!work.fresh.empty()) works_.push_back(std::exchange(work, Work{.kind = kind}));
      bytes = 0;
    };
    for (uint64_t block = 0; block < classes.size(); ++block) {
      if (classes[block] != wanted) continue;
      append_block(work.fresh, block);
      bytes += kBlockSize;
      if (bytes >= most_bytes) close();
    }
    close();
  }

  void collect_copies(const std::vector<BlockClass>& classes) {
    constexpr uint64_t kMostBlocks = (64 << 20) / kBlockSize;
    Work work{.kind = Work::Kind::kCopy, .fresh = {}, .old = {}, .segments = {}};
    uint64_t blocks = 0;
    const auto close = [&] {
      if (!work.fresh.empty()) {
        works_.push_back(std::exchange(work, Work{.kind = Work::Kind::kCopy}));
      }
      blocks = 0;
    };
    for (uint64_t block = 0; block < classes.size(); ++block) {
      if (classes[block] != BlockClass::kCopy) continue;
      append_block(work.fresh, block);
      append_block(work.old, *same_block(fresh_, old_, pairs_, places_, block));
      const bool ends_run = block + 1 == classes.size() || classes[block + 1] != BlockClass::kCopy;
      if (++blocks == kMostBlocks || (limits_.copies_runs_alone && ends_run)) close();
    }
    close();
  }

  const Image& fresh_;
  const Image* old_;
  const PlanLimits& limits_;
  std::vector<std::optional<size_t>> pairs_;
  Places places_{fresh_};
  std::vector<Work> works_;
  bool takes_rest_ = false;
  Work patch_;
  std::vector<OpenSegment> open_;
  uint64_t patch_bytes_ = 0;
  uint64_t old_bytes_ = 0;
};

}  // namespace

Result<std::vector<Work>> plan(const Image& fresh, const Image* old, const PlanLimits& limits) {
  return Planner(fresh, old, limits).run();
}

}  // namespace argosy::payload
