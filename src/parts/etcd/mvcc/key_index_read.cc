#include "base/check.h"
#include "parts/etcd/mvcc/key_index.h"
#include "parts/etcd/mvcc/key_index_nodes.h"

namespace argosy::etcd::mvcc {

void KeyIndex::visit(BytesView from, BytesView to, const Visitor& visitor) const {
  if (root_ != nullptr) visit_node(root_, 0, {from, to, visitor}, true);
}

// Only the first node of each level has keys below `from`.
bool KeyIndex::visit_node(const Node* node, size_t level, const Walk& walk, bool is_first) const {
  if (level < depth_) {
    const auto* inner = static_cast<const Inner*>(node);
    const size_t begin = is_first ? inner->child_for(walk.from) : 0;
    for (size_t i = begin; i < inner->count; i++) {
      if (!visit_node(inner->children[i], level + 1, walk, is_first && i == begin)) return false;
    }
    return true;
  }
  const auto* leaf = static_cast<const Leaf*>(node);
  for (size_t i = is_first ? leaf->lower_bound(walk.from) : 0; i < leaf->count; i++) {
    const BytesView key = leaf->keys[i].view();
    if (!walk.to.empty() && key >= walk.to) return false;
    if (!walk.visitor(key, leaf->histories[i])) return false;
  }
  return true;
}

size_t KeyIndex::live_below(BytesView key) const {
  size_t sum = 0;
  const Path path = descend(key);
  for (size_t level = 0; level < depth_; level++) {
    for (size_t i = 0; i < path.child[level]; i++) sum += path.inner[level]->live[i];
  }
  for (size_t i = 0; i < path.slot; i++) sum += path.leaf->histories[i].is_live() ? 1 : 0;
  return sum;
}

size_t KeyIndex::live_count(BytesView from, BytesView to) const {
  if (root_ == nullptr || (!to.empty() && to <= from)) return 0;
  return (to.empty() ? live_count_ : live_below(to)) - live_below(from);
}

void KeyIndex::verify() const {
  if (root_ == nullptr) {
    check(size_ == 0 && live_count_ == 0 && depth_ == 0);
    return;
  }
  check(verify_node(root_, 0, {}, {}) == live_count_);
  size_t seen = 0;
  BytesView last;
  visit({}, {}, [&](BytesView key, const KeyHistory& history) {
    check(seen == 0 || last < key);
    check(!history.is_empty());
    last = key;
    seen++;
    return true;
  });
  check(seen == size_);
}

// The number of living keys below.
size_t KeyIndex::verify_node(const Node* node, size_t level, BytesView from, BytesView to) const {
  check(node->count > 0 || level == 0);
  if (level == depth_) {
    const auto* leaf = static_cast<const Leaf*>(node);
    for (size_t i = 0; i < leaf->count; i++) {
      const BytesView key = leaf->keys[i].view();
      check(from <= key && (to.empty() || key < to));
    }
    return leaf->live_keys();
  }
  const auto* inner = static_cast<const Inner*>(node);
  size_t sum = 0;
  for (size_t i = 0; i < inner->count; i++) {
    const BytesView begin = i == 0 ? from : inner->separators[i].view();
    const BytesView end = i + 1 < inner->count ? inner->separators[i + 1].view() : to;
    const size_t live = verify_node(inner->children[i], level + 1, begin, end);
    check(live == inner->live[i]);
    sum += live;
  }
  return sum;
}

}  // namespace argosy::etcd::mvcc
