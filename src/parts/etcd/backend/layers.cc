#include "parts/etcd/backend/layers.h"

namespace argosy::etcd::backend {
namespace {

// The committed items of a bucket from a key on; none if the bucket is missing.
class CommittedCursor {
 public:
  static Result<CommittedCursor> at(const std::optional<bolt::BucketView>& bucket, BytesView from) {
    CommittedCursor out;
    if (!bucket) return out;
    out.cursor_ = bucket->cursor();
    out.item_ = TRY(out.cursor_->seek(from));
    return out;
  }
  const std::optional<bolt::Item>& item() const { return item_; }
  Result<void> next() {
    item_ = TRY(cursor_->next());
    return {};
  }

 private:
  std::optional<bolt::Cursor> cursor_;
  std::optional<bolt::Item> item_;
};

// The three layers from a key on, as one sequence of changes; erased keys come too.
class MergedCursor {
 public:
  static Result<MergedCursor> at(const Layers& layers, Bucket bucket, BytesView from) {
    MergedCursor out{.open = BatchCursor(layers.open.of(bucket), from),
                     .sealed = BatchCursor(layers.sealed.of(bucket), from),
                     .committed = TRY(CommittedCursor::at(layers.committed.bucket(bucket), from))};
    return out;
  }

  bool has_changes() const { return open.change().has_value() || sealed.change().has_value(); }

  // The least key, as the uppermost layer that has it says; empty at the end. Moves
  // all layers that have it beyond it.
  Result<std::optional<Change>> take() {
    const auto upper = open.change();
    const auto middle = sealed.change();
    const auto& lower = committed.item();
    std::optional<Change> least;
    if (lower) least = Change{lower->key, lower->value};
    if (middle && (!least || middle->key <= least->key)) least = middle;
    if (upper && (!least || upper->key <= least->key)) least = upper;
    if (!least) return least;
    if (upper && upper->key == least->key) open.next();
    if (middle && middle->key == least->key) sealed.next();
    // Last, since the item's views are the snapshot's and stay good.
    if (lower && lower->key == least->key) TRY(committed.next());
    return least;
  }

  BatchCursor open;
  BatchCursor sealed;
  CommittedCursor committed;
};

}  // namespace

Result<Committed> Committed::of(bolt::ReadTx tx) {
  Committed out(std::move(tx));
  for (size_t i = 0; i < kBucketCount; ++i) {
    out.buckets_[i] = TRY(out.tx_.bucket(bucket_name(static_cast<Bucket>(i))));
  }
  return out;
}

Result<std::optional<BytesView>> Layers::get(Bucket bucket, BytesView key) const {
  for (const Batch* batch : {&open, &sealed}) {
    const auto change = batch->of(bucket).find(key);
    if (!change) continue;
    return change->is_erased ? std::optional<BytesView>() : change->value;
  }
  const auto& below = committed.bucket(bucket);
  if (!below) return std::optional<BytesView>();
  return below->get(key);
}

Result<void> Layers::scan(Bucket bucket, BytesView from, BytesView to,
                          const Storage::Visitor& visit) const {
  MergedCursor cursor = TRY(MergedCursor::at(*this, bucket, from));
  while (cursor.has_changes()) {
    const auto change = TRY(cursor.take());
    if (!change || (!to.empty() && change->key >= to)) return {};
    if (!change->is_erased && !visit(change->key, change->value)) return {};
  }
  // Most scans are of what was committed long ago: no need to compare layers.
  for (auto& item = cursor.committed.item(); item; TRY(cursor.committed.next())) {
    if (!to.empty() && item->key >= to) return {};
    if (!visit(item->key, item->value)) return {};
  }
  return {};
}

}  // namespace argosy::etcd::backend
