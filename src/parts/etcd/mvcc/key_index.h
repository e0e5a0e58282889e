// All keys with their histories in order of bytes: a B+-tree whose inner nodes know
// how many living keys are below each child, so that the keys of a range at the
// current revision are counted in O(log n).
//
// Invariants: keys are unique and no history is empty; every node but the root has
// at least one entry; live[i] is the number of living keys below children[i];
// separators[i] <= every key below children[i] < separators[i + 1], where
// separators[0] is not used.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/bytes.h"
#include "parts/etcd/mvcc/key_history.h"
#include "parts/etcd/mvcc/key_text.h"

namespace argosy::etcd::mvcc {

class KeyIndex {
 public:
  KeyIndex() = default;
  ~KeyIndex() { clear(); }
  KeyIndex(const KeyIndex&) = delete;
  KeyIndex& operator=(const KeyIndex&) = delete;

  void clear();

  // Null if the key has no revision. Good until the next change.
  const KeyHistory* find(BytesView key) const;
  void put(BytesView key, Revision revision);
  // The key exists.
  void bury(BytesView key, Revision revision);
  void restore(BytesView key, const LivePut& put);
  // Compacts the key's history and forgets the key when nothing is left of it.
  void compact(BytesView key, int64_t main);

  // Keys in [from, to) in order; an empty `to` has no end. Stops when the visitor
  // returns false. The visitor must not change the index.
  using Visitor = std::function<bool(BytesView key, const KeyHistory& history)>;
  void visit(BytesView from, BytesView to, const Visitor& visitor) const;

  // Keys that exist now, in all and in [from, to).
  size_t live_count() const { return live_count_; }
  size_t live_count(BytesView from, BytesView to) const;
  // Keys with any revision.
  size_t size() const { return size_; }

  // For tests: checks the invariants.
  void verify() const;

 private:
  static constexpr size_t kFanout = 64;
  static constexpr size_t kMaxDepth = 12;

  struct Node {
    size_t count = 0;
  };
  struct Leaf;
  struct Inner;
  // The way from the root to a place in a leaf.
  struct Path {
    Inner* inner[kMaxDepth];
    size_t child[kMaxDepth];
    Leaf* leaf = nullptr;
    size_t slot = 0;
    bool found = false;
  };
  struct Walk;

  Path descend(BytesView key) const;
  // The way to a place for a new key: full nodes on it are split before.
  Path make_room(BytesView key);
  void grow_root();
  void split_child(Inner& parent, size_t child, bool is_leaf, BytesView coming);
  KeyHistory& find_or_insert(BytesView key, Path& path);
  void change_live(const Path& path, ptrdiff_t by);
  void erase_slot(const Path& path);
  // Frees an empty child, merges a small one; false if it stays as it is.
  bool shrink_child(Inner& parent, size_t child, bool is_leaf);
  void shrink_root();
  size_t live_below(BytesView key) const;
  void free_node(Node* node, size_t level);
  bool visit_node(const Node* node, size_t level, const Walk& walk, bool is_first) const;
  size_t verify_node(const Node* node, size_t level, BytesView from, BytesView to) const;

  Node* root_ = nullptr;
  size_t depth_ = 0;  // inner levels above the leaves
  size_t size_ = 0;
  size_t live_count_ = 0;
};

}  // namespace argosy::etcd::mvcc
