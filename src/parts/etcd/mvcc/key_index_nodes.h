// The nodes of KeyIndex; included by its sources only.
#pragma once

#include <algorithm>

#include "parts/etcd/mvcc/key_index.h"

namespace argosy::etcd::mvcc {

struct KeyIndex::Leaf : Node {
  KeyText keys[kFanout];
  KeyHistory histories[kFanout];

  size_t lower_bound(BytesView key) const {
    const KeyText* at = std::lower_bound(
        keys, keys + count, key, [](const KeyText& a, BytesView b) { return a.view() < b; });
    return static_cast<size_t>(at - keys);
  }
  size_t live_keys() const {
    return static_cast<size_t>(std::count_if(histories, histories + count,
                                             [](const KeyHistory& h) { return h.is_live(); }));
  }
  void insert(size_t at, BytesView key) {
    std::move_backward(keys + at, keys + count, keys + count + 1);
    std::move_backward(histories + at, histories + count, histories + count + 1);
    keys[at] = KeyText(key);
    histories[at] = KeyHistory();
    count++;
  }
  void remove(size_t at) {
    std::move(keys + at + 1, keys + count, keys + at);
    std::move(histories + at + 1, histories + count, histories + at);
    count--;
    keys[count] = KeyText();
    histories[count] = KeyHistory();
  }
  // Everything from `at` on goes behind what `to` has.
  void move_tail(size_t at, Leaf& to) {
    std::move(keys + at, keys + count, to.keys + to.count);
    std::move(histories + at, histories + count, to.histories + to.count);
    to.count += count - at;
    count = at;
  }
};

struct KeyIndex::Inner : Node {
  Node* children[kFanout];
  size_t live[kFanout];
  KeyText separators[kFanout];

  // The child below which `key` is or would be.
  size_t child_for(BytesView key) const {
    const KeyText* after =
        std::upper_bound(separators + 1, separators + count, key,
                         [](BytesView a, const KeyText& b) { return a < b.view(); });
    return static_cast<size_t>(after - separators) - 1;
  }
  size_t live_keys() const {
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += live[i];
    return sum;
  }
  void insert(size_t at, KeyText separator, Node* child, size_t child_live) {
    std::move_backward(children + at, children + count, children + count + 1);
    std::move_backward(live + at, live + count, live + count + 1);
    std::move_backward(separators + at, separators + count, separators + count + 1);
    children[at] = child;
    live[at] = child_live;
    separators[at] = std::move(separator);
    count++;
  }
  void remove(size_t at) {
    std::move(children + at + 1, children + count, children + at);
    std::move(live + at + 1, live + count, live + at);
    std::move(separators + at + 1, separators + count, separators + at);
    count--;
    separators[count] = KeyText();
  }
  void move_tail(size_t at, Inner& to) {
    std::move(children + at, children + count, to.children + to.count);
    std::move(live + at, live + count, to.live + to.count);
    std::move(separators + at, separators + count, to.separators + to.count);
    to.count += count - at;
    count = at;
  }
};

// A visit's bounds, for the recursion.
struct KeyIndex::Walk {
  BytesView from;
  BytesView to;
  const Visitor& visitor;
};

}  // namespace argosy::etcd::mvcc
