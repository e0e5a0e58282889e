#include "parts/etcd/backend/batch.h"

#include <algorithm>

namespace argosy::etcd::backend {

std::vector<BatchBucket::Appended>::const_iterator BatchBucket::lower_bound(BytesView key) const {
  return std::ranges::lower_bound(appended_, key, {}, &Appended::key);
}

void BatchBucket::write(Bytes key, Slot slot) {
  const bool is_last = appended_.empty() || appended_.back().key < key;
  if (!is_last) {
    const auto at = lower_bound(key);
    if (at->key == key) {
      appended_[static_cast<size_t>(at - appended_.begin())].slot = std::move(slot);
      return;
    }
  }
  const bool is_above_others = others_.empty() || others_.rbegin()->first < key;
  if (is_last && is_above_others) {
    appended_.push_back({std::move(key), std::move(slot)});
  } else {
    others_.insert_or_assign(std::move(key), std::move(slot));
  }
}

std::optional<Change> BatchBucket::find(BytesView key) const {
  if (const auto at = lower_bound(key); at != appended_.end() && at->key == key) {
    return Change{at->key, at->slot.value, at->slot.is_erased};
  }
  if (others_.empty()) return std::nullopt;
  const auto at = others_.find(key);
  if (at == others_.end()) return std::nullopt;
  return Change{at->first, at->second.value, at->second.is_erased};
}

BatchCursor::BatchCursor(const BatchBucket& bucket, BytesView from)
    : bucket_(&bucket),
      appended_(bucket.lower_bound(from)),
      other_(bucket.others_.lower_bound(from)) {}

bool BatchCursor::is_at_appended() const {
  if (appended_ == bucket_->appended_.end()) return false;
  return other_ == bucket_->others_.end() || appended_->key < other_->first;
}

std::optional<Change> BatchCursor::change() const {
  if (is_at_appended())
    return Change{appended_->key, appended_->slot.value, appended_->slot.is_erased};
  if (other_ == bucket_->others_.end()) return std::nullopt;
  return Change{other_->first, other_->second.value, other_->second.is_erased};
}

void BatchCursor::next() {
  if (is_at_appended()) {
    ++appended_;
  } else if (other_ != bucket_->others_.end()) {
    ++other_;
  }
}

}  // namespace argosy::etcd::backend
