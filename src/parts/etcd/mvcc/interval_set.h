// Intervals [begin, end) of keys, each once, and which of them contain a key: a
// treap by begin and end whose nodes know the largest end below (Seidel and Aragon
// 1996; Cormen et al., "Interval trees"). O(log n) expected for each operation, and
// for each hit.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"

namespace argosy::etcd::mvcc {

class IntervalSet {
 public:
  // Names an interval until it is erased; small, and used again later.
  using Handle = uint32_t;

  // An empty `end` is beyond all keys. What is there already keeps its handle. An
  // interval with no key in it may be inserted; nothing finds it.
  Handle insert(BytesView begin, BytesView end);
  void erase(Handle handle);

  // Every interval that contains the key. The visitor must not change the set.
  using Visitor = std::function<void(Handle)>;
  void stab(BytesView key, const Visitor& visit) const;
  bool contains(BytesView key) const;

  size_t size() const { return size_; }

 private:
  static constexpr Handle kNone = 0xffffffff;
  struct Node {
    Bytes begin;
    Bytes end;
    Handle largest_end = kNone;  // the node below, or itself, that ends last
    Handle left = kNone;
    Handle right = kNone;
    uint64_t priority = 0;
  };

  Handle find(BytesView begin, BytesView end) const;
  Handle make_node(BytesView begin, BytesView end);
  bool ends_later(Handle a, Handle b) const;
  void update(Handle at);
  Handle insert_below(Handle at, Handle node);
  Handle erase_below(Handle at, Handle node);
  // Into those before `node` and those behind.
  void split(Handle at, Handle node, Handle& before, Handle& behind);
  Handle merge(Handle before, Handle behind);
  bool is_before(Handle a, Handle b) const;
  void stab_below(Handle at, BytesView key, const Visitor& visit) const;

  std::vector<Node> nodes_;
  std::vector<Handle> free_;
  Handle root_ = kNone;
  size_t size_ = 0;
  uint64_t dice_ = 0;
};

}  // namespace argosy::etcd::mvcc
