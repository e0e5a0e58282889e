#include "lib/payload/apply/installation.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"

namespace argosy::payload {
namespace {

constexpr uint64_t kPiece = 1 << 20;

bool moves_whole_blocks(OperationType type) {
  return type == OperationType::kMove || type == OperationType::kSourceCopy;
}
bool makes_patch(OperationType type) {
  return type == OperationType::kBsdiff || type == OperationType::kSourceBsdiff;
}

std::unexpected<Error> refuse(const Operation& operation, std::string_view why) {
  return fail(Code::kInvalidArgument, format("{}: {}", operation_name(operation.type), why));
}

}  // namespace

Installation::Installation(const Part& part, uint32_t block, Storage& fresh, Storage* old,
                           Verification how, Executor* executor)
    : part_(part), block_(block), fresh_(fresh), old_(old), how_(how) {
  check(part_.new_info != nullptr);
  if (executor != nullptr && how == Verification::kStorage && fresh.reads_medium()) {
    behind_.emplace(fresh, *executor, new_size());
  }
}

Result<void> Installation::check_extents(const std::vector<Extent>& extents, uint64_t capacity,
                                         const char* what) const {
  for (const Extent& extent : extents) {
    if (extent.is_hole()) continue;
    uint64_t end = 0;
    uint64_t bytes = 0;
    const bool is_sane = !__builtin_add_overflow(extent.start_block, extent.num_blocks, &end) &&
                         !__builtin_mul_overflow(end, uint64_t{block_}, &bytes);
    if (!is_sane || bytes > capacity) {
      return fail(Code::kOutOfRange,
                  format("{} {} from block {} on are beyond the {} of {} bytes", extent.num_blocks,
                         what, extent.start_block, part_.name, capacity));
    }
  }
  const auto blocks = count_blocks(extents);
  if (!blocks || *blocks > (uint64_t{1} << 50) / block_) {
    return fail(Code::kOutOfRange, format("too many {}", what));
  }
  return {};
}

Result<void> Installation::check_operation(const Operation& operation) const {
  // The original's last chunk claims a whole MiB; what is really beyond fails to be written.
  constexpr uint64_t kSlack = (1 << 20) - 1;
  const uint64_t capacity = fresh_.capacity();
  TRY(check_extents(operation.dst_extents, capacity > ~kSlack ? capacity : capacity + kSlack,
                    "blocks to write"));
  TRY(check_extents(operation.src_extents, Storage::kUnbounded, "blocks to read"));
  const uint64_t from = *count_blocks(operation.src_extents);
  const uint64_t to = *count_blocks(operation.dst_extents);
  if (moves_whole_blocks(operation.type)) {
    if (from != to) return refuse(operation, "reads and writes different numbers of blocks");
    if (operation.data_length.value_or(0) != 0) return refuse(operation, "has a blob");
  }
  if (makes_patch(operation.type)) {
    if (operation.src_length.value_or(0) > from * block_ ||
        operation.dst_length.value_or(0) > to * block_) {
      return refuse(operation, "is longer than its blocks");
    }
  }
  if (from > 0 && old_ == nullptr) return refuse(operation, "needs an old version");
  return {};
}

bool Installation::rewrites(const Operation& operation) const {
  return std::ranges::any_of(operation.dst_extents, [&](const Extent& extent) {
    if (extent.is_hole()) return false;
    for (uint64_t i = 0; i < extent.num_blocks; ++i) {
      if (is_written(extent.start_block + i)) return true;
    }
    return false;
  });
}

Result<void> Installation::read_old(uint64_t offset, std::span<char> to) {
  check(old_ != nullptr);
  return old_->read(offset, to);
}

Result<void> Installation::read_current(uint64_t offset, std::span<char> to) {
  while (!to.empty()) {
    const bool from_fresh = is_written(offset / block_);
    uint64_t end = (offset / block_ + 1) * block_;
    while (end - offset < to.size() && is_written(end / block_) == from_fresh) end += block_;
    const size_t some = std::min<uint64_t>(end - offset, to.size());
    TRY(from_fresh ? fresh_.read(offset, to.first(some)) : read_old(offset, to.first(some)));
    to = to.subspan(some);
    offset += some;
  }
  return {};
}

void Installation::hash_written(uint64_t offset, BytesView bytes) {
  if (offset < hashed_) is_hash_spoiled_ = true;
  if (offset != hashed_ || hashed_ >= new_size()) return;
  bytes = bytes.substr(0, new_size() - hashed_);
  hash_.update(bytes);
  hashed_ += bytes.size();
}

Result<void> Installation::write(uint64_t offset, BytesView bytes) {
  if (behind_ && offset < behind_->begun()) behind_.reset();
  TRY(fresh_.write(offset, bytes));
  if (how_ == Verification::kWrites) hash_written(offset, bytes);
  return {};
}

Result<void> Installation::zero(uint64_t offset, uint64_t size) {
  if (behind_ && offset < behind_->begun()) behind_.reset();
  TRY(fresh_.zero(offset, size));
  if (how_ != Verification::kWrites) return {};
  const Bytes zeros(std::min(size, kPiece), '\0');
  for (const uint64_t end = offset + size; offset < std::min(end, new_size());) {
    const uint64_t some = std::min<uint64_t>(end - offset, zeros.size());
    hash_written(offset, BytesView(zeros).substr(0, some));
    offset += some;
  }
  return {};
}

void Installation::mark_written(const Operation& operation) {
  const bool is_in_place = part_.is_in_place && old_ != nullptr;
  for (const Extent& extent : operation.dst_extents) {
    if (extent.is_hole()) continue;
    const uint64_t end = extent.start_block + extent.num_blocks;
    frontier_.add(extent.start_block * block_, end * block_);
    if (!is_in_place) continue;
    if (written_.size() < end) written_.resize(end);
    std::fill(written_.begin() + static_cast<int64_t>(extent.start_block),
              written_.begin() + static_cast<int64_t>(end), true);
  }
}

void Installation::forget_written() {
  written_.clear();
  frontier_ = {};
}

void Installation::verify_behind() {
  if (behind_) behind_->advance(frontier_.end());
}

Result<void> Installation::copy_rest() {
  if (!part_.is_in_place || old_ == nullptr) return {};
  const uint64_t old_size = part_.old_info != nullptr ? part_.old_info->size.value_or(0) : 0;
  const uint64_t end = std::min(new_size(), old_size);
  Bytes piece(kPiece, '\0');
  for (uint64_t at = 0; at < end;) {
    if (is_written(at / block_)) {
      at += block_;
      continue;
    }
    uint64_t stop = at + block_;
    while (stop < end && stop - at < kPiece && !is_written(stop / block_)) stop += block_;
    const std::span<char> some(piece.data(), std::min(stop, end) - at);
    TRY(read_old(at, some));
    TRY(write(at, {some.data(), some.size()}));
    at = stop;
  }
  return {};
}

Result<void> Installation::finish() {
  TRY(copy_rest());
  return fresh_.set_size(new_size());
}

Result<Bytes> Installation::hash() {
  // It may have turned out that the storage can't.
  if (behind_ && fresh_.reads_medium()) return behind_->finish();
  behind_.reset();
  if (how_ == Verification::kStorage || is_hash_spoiled_) return hash_of(fresh_, new_size());
  Bytes piece(kPiece, '\0');
  while (hashed_ < new_size()) {
    const std::span<char> some(piece.data(), std::min<uint64_t>(new_size() - hashed_, kPiece));
    TRY(fresh_.read(hashed_, some));
    hash_.update({some.data(), some.size()});
    hashed_ += some.size();
  }
  return Sha256(hash_).finish();
}

}  // namespace argosy::payload
