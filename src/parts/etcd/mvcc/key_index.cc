#include "parts/etcd/mvcc/key_index.h"

#include "base/check.h"
#include "parts/etcd/mvcc/key_index_nodes.h"

namespace argosy::etcd::mvcc {
namespace {

// A node with fewer entries merges with a neighbour, if both are not more than this.
constexpr size_t kFew = 16;
constexpr size_t kMergeable = 48;

}  // namespace

void KeyIndex::clear() {
  if (root_ != nullptr) free_node(root_, 0);
  root_ = nullptr;
  depth_ = size_ = live_count_ = 0;
}

void KeyIndex::free_node(Node* node, size_t level) {
  if (level == depth_) {
    delete static_cast<Leaf*>(node);
    return;
  }
  auto* inner = static_cast<Inner*>(node);
  for (size_t i = 0; i < inner->count; i++) free_node(inner->children[i], level + 1);
  delete inner;
}

KeyIndex::Path KeyIndex::descend(BytesView key) const {
  Path path;
  Node* node = root_;
  for (size_t level = 0; level < depth_; level++) {
    auto* inner = static_cast<Inner*>(node);
    path.inner[level] = inner;
    path.child[level] = inner->child_for(key);
    node = inner->children[path.child[level]];
  }
  path.leaf = static_cast<Leaf*>(node);
  path.slot = path.leaf->lower_bound(key);
  path.found = path.slot < path.leaf->count && path.leaf->keys[path.slot].view() == key;
  return path;
}

const KeyHistory* KeyIndex::find(BytesView key) const {
  if (root_ == nullptr) return nullptr;
  const Path path = descend(key);
  return path.found ? &path.leaf->histories[path.slot] : nullptr;
}

void KeyIndex::change_live(const Path& path, ptrdiff_t by) {
  for (size_t level = 0; level < depth_; level++) {
    path.inner[level]->live[path.child[level]] += static_cast<size_t>(by);
  }
  live_count_ += static_cast<size_t>(by);
}

KeyHistory& KeyIndex::find_or_insert(BytesView key, Path& path) {
  if (root_ == nullptr) root_ = new Leaf;
  path = descend(key);
  if (!path.found) {
    if (path.leaf->count == kFanout) path = make_room(key);
    path.leaf->insert(path.slot, key);
    size_++;
  }
  return path.leaf->histories[path.slot];
}

void KeyIndex::put(BytesView key, Revision revision) {
  Path path;
  KeyHistory& history = find_or_insert(key, path);
  if (!history.is_live()) change_live(path, 1);
  history.put(revision);
}

void KeyIndex::restore(BytesView key, const LivePut& put) {
  Path path;
  KeyHistory& history = find_or_insert(key, path);
  if (!history.is_live()) change_live(path, 1);
  history.restore(put);
}

void KeyIndex::bury(BytesView key, Revision revision) {
  check(root_ != nullptr);
  const Path path = descend(key);
  check(path.found, "only a key that exists can be deleted");
  path.leaf->histories[path.slot].bury(revision);
  change_live(path, -1);
}

void KeyIndex::compact(BytesView key, int64_t main) {
  if (root_ == nullptr) return;
  const Path path = descend(key);
  if (!path.found) return;
  KeyHistory& history = path.leaf->histories[path.slot];
  history.compact(main);
  if (history.is_empty()) erase_slot(path);
}

// -- Growing.

KeyIndex::Path KeyIndex::make_room(BytesView key) {
  if (root_->count == kFanout) grow_root();
  Path path;
  Node* node = root_;
  for (size_t level = 0; level < depth_; level++) {
    auto* inner = static_cast<Inner*>(node);
    size_t child = inner->child_for(key);
    if (inner->children[child]->count == kFanout) {
      split_child(*inner, child, level + 1 == depth_, key);
      child = inner->child_for(key);
    }
    path.inner[level] = inner;
    path.child[level] = child;
    node = inner->children[child];
  }
  path.leaf = static_cast<Leaf*>(node);
  path.slot = path.leaf->lower_bound(key);
  return path;
}

void KeyIndex::grow_root() {
  check(depth_ + 1 < kMaxDepth);
  auto* inner = new Inner;
  inner->insert(0, KeyText(), root_, live_count_);
  root_ = inner;
  depth_++;
}

// Keys often come in order: then the left leaf stays full, and the right one begins
// with the coming key.
void KeyIndex::split_child(Inner& parent, size_t child, bool is_leaf, BytesView coming) {
  size_t live = 0;
  if (is_leaf) {
    auto* left = static_cast<Leaf*>(parent.children[child]);
    auto* right = new Leaf;
    const bool is_append = left->lower_bound(coming) == kFanout;
    left->move_tail(is_append ? kFanout : kFanout / 2, *right);
    live = right->live_keys();
    parent.insert(child + 1, is_append ? KeyText(coming) : right->keys[0].copy(), right, live);
  } else {
    auto* left = static_cast<Inner*>(parent.children[child]);
    auto* right = new Inner;
    left->move_tail(kFanout / 2, *right);
    live = right->live_keys();
    parent.insert(child + 1, std::move(right->separators[0]), right, live);
  }
  parent.live[child] -= live;
}

// -- Shrinking.

void KeyIndex::erase_slot(const Path& path) {
  if (path.leaf->histories[path.slot].is_live()) change_live(path, -1);
  path.leaf->remove(path.slot);
  size_--;
  for (size_t level = depth_; level > 0; level--) {
    if (!shrink_child(*path.inner[level - 1], path.child[level - 1], level == depth_)) break;
  }
  shrink_root();
}

bool KeyIndex::shrink_child(Inner& parent, size_t child, bool is_leaf) {
  const size_t count = parent.children[child]->count;
  if (count == 0) {
    is_leaf ? delete static_cast<Leaf*>(parent.children[child])
            : delete static_cast<Inner*>(parent.children[child]);
    parent.remove(child);
    return true;
  }
  if (count >= kFew || parent.count == 1) return false;
  const size_t left = child + 1 < parent.count ? child : child - 1;
  Node* a = parent.children[left];
  Node* b = parent.children[left + 1];
  if (a->count + b->count > kMergeable) return false;
  if (is_leaf) {
    static_cast<Leaf*>(b)->move_tail(0, *static_cast<Leaf*>(a));
    delete static_cast<Leaf*>(b);
  } else {
    auto* right = static_cast<Inner*>(b);
    right->separators[0] = std::move(parent.separators[left + 1]);
    right->move_tail(0, *static_cast<Inner*>(a));
    delete right;
  }
  parent.live[left] += parent.live[left + 1];
  parent.remove(left + 1);
  return true;
}

void KeyIndex::shrink_root() {
  while (depth_ > 0 && root_->count <= 1) {
    auto* old = static_cast<Inner*>(root_);
    root_ = old->count == 1 ? old->children[0] : nullptr;
    depth_ = old->count == 1 ? depth_ - 1 : 0;
    delete old;
  }
}

}  // namespace argosy::etcd::mvcc
