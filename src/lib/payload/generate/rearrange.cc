#include "lib/payload/generate/rearrange.h"

#include <algorithm>

#include "lib/payload/generate/blocks.h"
#include "lib/payload/generate/in_place.h"

namespace argosy::payload {
namespace {

// What an operation may hold in memory, of old and new blocks together: 24 MiB.
constexpr uint64_t kMostOfCircle = (24 << 20) / kBlockSize;

bool contains(const std::vector<Extent>& sorted, uint64_t block) {
  const auto after = std::ranges::upper_bound(sorted, block, {}, &Extent::start_block);
  if (after == sorted.begin()) return false;
  const Extent& extent = *std::prev(after);
  return block < extent.start_block + extent.num_blocks;
}

std::vector<uint64_t> blocks_of(const std::vector<Extent>& extents) {
  std::vector<uint64_t> blocks;
  for (const Extent& extent : extents) {
    for (uint64_t i = 0; i < extent.num_blocks; ++i) blocks.push_back(extent.start_block + i);
  }
  return blocks;
}

Work copy_without(const Work& work, const std::vector<Extent>& lost, std::vector<Extent>& orphans) {
  const std::vector<uint64_t> from = blocks_of(work.old);
  const std::vector<uint64_t> to = blocks_of(work.fresh);
  Work left{.kind = Work::Kind::kCopy, .fresh = {}, .old = {}, .segments = {}};
  for (size_t i = 0; i < to.size(); ++i) {
    if (contains(lost, from[i])) {
      append_block(orphans, to[i]);
    } else {
      append_block(left.fresh, to[i]);
      append_block(left.old, from[i]);
    }
  }
  return left;
}

// How many bytes of the task's old ones remain before each of its blocks, and in all.
std::vector<uint64_t> remaining_before(const std::vector<uint64_t>& old,
                                       const std::vector<Extent>& lost) {
  std::vector<uint64_t> before{0};
  for (const uint64_t block : old) {
    before.push_back(before.back() + (contains(lost, block) ? 0 : kBlockSize));
  }
  return before;
}

Work patch_without(Work work, const std::vector<Extent>& lost) {
  const std::vector<uint64_t> old = blocks_of(work.old);
  const std::vector<uint64_t> before = remaining_before(old, lost);
  const auto moved = [&](uint64_t at) {
    const uint64_t index = at / kBlockSize;
    const bool is_kept = index < old.size() && before[index + 1] > before[index];
    return before[index] + (is_kept ? at % kBlockSize : 0);
  };
  std::vector<Segment> segments;
  for (Segment segment : work.segments) {
    const uint64_t begin = moved(segment.old_at);
    const uint64_t end = moved(segment.old_at + segment.old_size);
    if (begin >= end) continue;
    segment.old_at = begin;
    segment.old_size = end - begin;
    segments.push_back(segment);
  }
  work.segments = std::move(segments);
  work.old.clear();
  if (work.segments.empty()) {
    work.kind = Work::Kind::kFull;
    return work;
  }
  for (const uint64_t block : old) {
    if (!contains(lost, block)) append_block(work.old, block);
  }
  return work;
}

// What is copied is a segment that is the same.
void as_patch(Work& work) {
  if (work.kind == Work::Kind::kCopy) {
    const uint64_t size = *count_blocks(work.fresh) * kBlockSize;
    work.segments = {{.at = 0, .size = size, .old_at = 0, .old_size = size}};
  }
  work.kind = Work::Kind::kPatch;
}

void append(std::vector<Extent>& extents, const std::vector<Extent>& more) {
  for (const uint64_t block : blocks_of(more)) append_block(extents, block);
}

std::vector<Work> full_tasks(const std::vector<Extent>& extents, uint64_t full_bytes) {
  std::vector<uint64_t> blocks = blocks_of(extents);
  std::ranges::sort(blocks);
  std::vector<Work> works;
  const size_t most = full_bytes / kBlockSize;
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (i % most == 0) works.push_back({.kind = Work::Kind::kFull});
    append_block(works.back().fresh, blocks[i]);
  }
  return works;
}

// One operation that reads all before it writes, so that the members of a circle don't
// disturb each other.
void join(Work& whole, Work part) {
  if (part.fresh.empty()) return;
  if (whole.fresh.empty()) {
    whole = std::move(part);
    return;
  }
  if (whole.kind != part.kind) {
    as_patch(whole);
    as_patch(part);
  }
  const uint64_t at = *count_blocks(whole.fresh) * kBlockSize;
  const uint64_t old_at = *count_blocks(whole.old) * kBlockSize;
  for (Segment segment : part.segments) {
    segment.at += at;
    segment.old_at += old_at;
    whole.segments.push_back(segment);
  }
  append(whole.fresh, part.fresh);
  append(whole.old, part.old);
}

}  // namespace

Work without_blocks(Work work, const std::vector<Extent>& lost, std::vector<Extent>& orphans) {
  if (lost.empty()) return work;
  if (work.kind == Work::Kind::kCopy) return copy_without(work, lost, orphans);
  return patch_without(std::move(work), lost);
}

std::vector<Work> rearrange_in_place(std::vector<Work> works, uint64_t full_bytes) {
  std::vector<BlockUse> uses;
  for (const Work& work : works) uses.push_back({.reads = work.old, .writes = work.fresh});
  const InPlaceOrder order = order_in_place(uses, kMostOfCircle);
  std::vector<Work> ordered;
  std::vector<Extent> orphans;
  for (const std::vector<size_t>& group : order.groups) {
    Work whole{.kind = Work::Kind::kCopy, .fresh = {}, .old = {}, .segments = {}};
    for (const size_t i : group) {
      join(whole, without_blocks(std::move(works[i]), order.lost[i], orphans));
    }
    if (!whole.fresh.empty()) ordered.push_back(std::move(whole));
  }
  std::ranges::move(full_tasks(orphans, full_bytes), std::back_inserter(ordered));
  return ordered;
}

}  // namespace argosy::payload
