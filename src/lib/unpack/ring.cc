#include "lib/unpack/ring.h"

#include <algorithm>

namespace argosy::unpack {

std::optional<std::span<char>> Ring::room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return is_cancelled_ || filled_ - std::min(done_[kExtractor], done_[kHasher]) < kBlocks;
  });
  if (is_cancelled_) return std::nullopt;
  return std::span(block(filled_), kBlockBytes);
}

void Ring::put(size_t size) {
  const std::lock_guard lock(mutex_);
  sizes_[filled_ % kBlocks] = size;
  ++filled_;
  changed_.notify_all();
}

void Ring::end() {
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  changed_.notify_all();
}

void Ring::fail_with(Error error) {
  const std::lock_guard lock(mutex_);
  error_ = std::move(error);
  has_ended_ = true;
  changed_.notify_all();
}

Result<BytesView> Ring::next(Reader reader) {
  std::unique_lock lock(mutex_);
  if (done_[reader] < taken_[reader]) {
    ++done_[reader];
    changed_.notify_all();
  }
  changed_.wait(lock, [&] { return is_cancelled_ || has_ended_ || taken_[reader] < filled_; });
  if (is_cancelled_) return fail(Code::kCancelled, "cancelled");
  if (taken_[reader] < filled_) {
    const uint64_t number = taken_[reader]++;
    return BytesView(block(number), sizes_[number % kBlocks]);
  }
  if (error_) return fail(*error_);
  return BytesView();
}

void Ring::cancel() {
  const std::lock_guard lock(mutex_);
  is_cancelled_ = true;
  changed_.notify_all();
}

}  // namespace argosy::unpack
