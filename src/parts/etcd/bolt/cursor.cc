#include "parts/etcd/bolt/cursor.h"

namespace argosy::etcd::bolt {
namespace {

std::unexpected<Error> out_of_order(const PageSource& pages) {
  return fail(Code::kDataLoss, pages.path() + ": keys out of order between pages");
}

}  // namespace

void Cursor::start() {
  levels_[0] = {root_, 0};
  depth_ = 1;
}

// A failure leaves the cursor as if fresh, never between levels.
Result<void> Cursor::enter_child() {
  auto child = leaf().ref.child(leaf().index, *pages_);
  if (child && depth_ < kMaxDepth) {
    levels_[depth_++] = {*child, 0};
    return {};
  }
  depth_ = 0;
  edge_ = Edge::kBefore;
  if (child) return fail(Code::kDataLoss, pages_->path() + ": a tree is too deep");
  return fail(std::move(child).error());
}

Result<void> Cursor::descend_to_first() {
  while (!leaf().ref.is_leaf()) TRY(enter_child());
  return {};
}

Result<void> Cursor::descend_to_last() {
  for (;;) {
    const uint32_t count = leaf().ref.count();
    leaf().index = count > 0 ? count - 1 : 0;
    if (leaf().ref.is_leaf()) return {};
    TRY(enter_child());
  }
}

std::optional<Item> Cursor::stand(Edge edge) {
  edge_ = edge;
  return std::nullopt;
}

Result<std::optional<Item>> Cursor::item() {
  edge_ = Edge::kNone;
  const Level& at = leaf();
  return Item{at.ref.key(at.index), at.ref.value(at.index), at.ref.is_bucket(at.index)};
}

// Pages on disk are not empty but for a root; nodes emptied in a transaction are
// stepped over. Their number is bounded so that a damaged file can't keep us here.
Result<std::optional<Item>> Cursor::item_or_forward() {
  BytesView previous;
  if (leaf().ref.count() > 0 && leaf().index >= leaf().ref.count()) {
    previous = leaf().ref.key(leaf().ref.count() - 1);
  }
  for (PageId steps = 0; leaf().index >= leaf().ref.count(); ++steps) {
    if (!TRY(turn_forward())) return stand(Edge::kAfter);
    if (steps > pages_->high_water()) return out_of_order(*pages_);
  }
  if (previous.data() != nullptr && leaf().ref.key(0) <= previous) return out_of_order(*pages_);
  return item();
}

Result<bool> Cursor::turn_forward() {
  size_t depth = depth_ - 1;
  while (depth > 0 && levels_[depth - 1].index + 1 >= levels_[depth - 1].ref.count()) --depth;
  if (depth == 0) return false;
  depth_ = depth;
  ++leaf().index;
  TRY(descend_to_first());
  return true;
}

Result<bool> Cursor::turn_back() {
  size_t depth = depth_ - 1;
  while (depth > 0 && levels_[depth - 1].index == 0) --depth;
  if (depth == 0) return false;
  depth_ = depth;
  --leaf().index;
  TRY(enter_child());
  TRY(descend_to_last());
  return true;
}

Result<std::optional<Item>> Cursor::first() {
  start();
  TRY(descend_to_first());
  return item_or_forward();
}

Result<std::optional<Item>> Cursor::last() {
  start();
  TRY(descend_to_last());
  if (leaf().ref.count() > 0) return item();
  edge_ = Edge::kNone;
  return prev();
}

Result<std::optional<Item>> Cursor::seek(BytesView key) {
  start();
  while (!leaf().ref.is_leaf()) {
    leaf().index = leaf().ref.child_index(key);
    TRY(enter_child());
  }
  leaf().index = leaf().ref.lower_bound(key);
  return item_or_forward();
}

Result<std::optional<Item>> Cursor::next() {
  if (depth_ == 0 || edge_ == Edge::kBefore) return first();
  if (edge_ == Edge::kAfter) return std::optional<Item>();
  if (++leaf().index < leaf().ref.count()) return item();
  return item_or_forward();
}

Result<std::optional<Item>> Cursor::prev() {
  if (edge_ == Edge::kBefore) return std::optional<Item>();
  if (edge_ == Edge::kAfter) return last();
  if (leaf().index > 0) {
    --leaf().index;
    return item();
  }
  const BytesView following = leaf().ref.count() > 0 ? leaf().ref.key(0) : BytesView();
  for (PageId steps = 0;; ++steps) {
    if (!TRY(turn_back())) return stand(Edge::kBefore);
    if (leaf().ref.count() > 0) break;
    if (steps > pages_->high_water()) return out_of_order(*pages_);
  }
  if (following.data() != nullptr && leaf().ref.key(leaf().index) >= following) {
    return out_of_order(*pages_);
  }
  return item();
}

}  // namespace argosy::etcd::bolt
