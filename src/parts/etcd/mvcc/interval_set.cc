#include "parts/etcd/mvcc/interval_set.h"

#include "base/check.h"

namespace argosy::etcd::mvcc {
namespace {

// Whether `end`, as the end of an interval, is above the key.
bool is_end_above(BytesView end, BytesView key) {
  return end.empty() || end > key;
}

}  // namespace

bool IntervalSet::is_before(Handle a, Handle b) const {
  const int order = nodes_[a].begin.compare(nodes_[b].begin);
  return order != 0 ? order < 0 : nodes_[a].end < nodes_[b].end;
}

bool IntervalSet::ends_later(Handle a, Handle b) const {
  if (nodes_[b].end.empty()) return false;
  return is_end_above(nodes_[a].end, nodes_[b].end);
}

void IntervalSet::update(Handle at) {
  Node& node = nodes_[at];
  node.largest_end = at;
  for (const Handle child : {node.left, node.right}) {
    if (child == kNone) continue;
    const Handle candidate = nodes_[child].largest_end;
    if (ends_later(candidate, node.largest_end)) node.largest_end = candidate;
  }
}

IntervalSet::Handle IntervalSet::find(BytesView begin, BytesView end) const {
  Handle at = root_;
  while (at != kNone) {
    const Node& node = nodes_[at];
    int order = begin.compare(node.begin);
    if (order == 0) order = end.compare(node.end);
    if (order == 0) return at;
    at = order < 0 ? node.left : node.right;
  }
  return kNone;
}

IntervalSet::Handle IntervalSet::make_node(BytesView begin, BytesView end) {
  Handle handle = static_cast<Handle>(nodes_.size());
  if (free_.empty()) {
    nodes_.emplace_back();
  } else {
    handle = free_.back();
    free_.pop_back();
  }
  // A Weyl sequence through a multiplicative hash: the shape needs no secret.
  dice_ += 0x9e3779b97f4a7c15;
  const uint64_t priority = (dice_ ^ dice_ >> 29) * 0xbf58476d1ce4e5b9;
  nodes_[handle] = {Bytes(begin), Bytes(end), handle, kNone, kNone, priority ^ priority >> 32};
  return handle;
}

IntervalSet::Handle IntervalSet::insert(BytesView begin, BytesView end) {
  if (const Handle known = find(begin, end); known != kNone) return known;
  const Handle made = make_node(begin, end);
  root_ = insert_below(root_, made);
  size_++;
  return made;
}

void IntervalSet::erase(Handle handle) {
  root_ = erase_below(root_, handle);
  nodes_[handle] = {};
  free_.push_back(handle);
  size_--;
}

IntervalSet::Handle IntervalSet::insert_below(Handle at, Handle node) {
  if (at == kNone) return node;
  if (nodes_[node].priority > nodes_[at].priority) {
    split(at, node, nodes_[node].left, nodes_[node].right);
    update(node);
    return node;
  }
  Handle& side = is_before(node, at) ? nodes_[at].left : nodes_[at].right;
  side = insert_below(side, node);
  update(at);
  return at;
}

IntervalSet::Handle IntervalSet::erase_below(Handle at, Handle node) {
  check(at != kNone, "erased an interval that is not there");
  if (at == node) return merge(nodes_[at].left, nodes_[at].right);
  Handle& side = is_before(node, at) ? nodes_[at].left : nodes_[at].right;
  side = erase_below(side, node);
  update(at);
  return at;
}

void IntervalSet::split(Handle at, Handle node, Handle& before, Handle& behind) {
  if (at == kNone) {
    before = behind = kNone;
    return;
  }
  if (is_before(at, node)) {
    before = at;
    split(nodes_[at].right, node, nodes_[at].right, behind);
  } else {
    behind = at;
    split(nodes_[at].left, node, before, nodes_[at].left);
  }
  update(at);
}

IntervalSet::Handle IntervalSet::merge(Handle before, Handle behind) {
  if (before == kNone) return behind;
  if (behind == kNone) return before;
  if (nodes_[before].priority > nodes_[behind].priority) {
    nodes_[before].right = merge(nodes_[before].right, behind);
    update(before);
    return before;
  }
  nodes_[behind].left = merge(before, nodes_[behind].left);
  update(behind);
  return behind;
}

void IntervalSet::stab(BytesView key, const Visitor& visit) const {
  stab_below(root_, key, visit);
}

void IntervalSet::stab_below(Handle at, BytesView key, const Visitor& visit) const {
  if (at == kNone) return;
  const Node& node = nodes_[at];
  if (!is_end_above(nodes_[node.largest_end].end, key)) return;
  stab_below(node.left, key, visit);
  if (BytesView(node.begin) > key) return;
  if (is_end_above(node.end, key)) visit(at);
  stab_below(node.right, key, visit);
}

bool IntervalSet::contains(BytesView key) const {
  Handle at = root_;
  while (at != kNone) {
    const Node& node = nodes_[at];
    if (BytesView(node.begin) <= key && is_end_above(node.end, key)) return true;
    const bool may_be_left =
        node.left != kNone && is_end_above(nodes_[nodes_[node.left].largest_end].end, key);
    at = may_be_left ? node.left : node.right;
  }
  return false;
}

}  // namespace argosy::etcd::mvcc
