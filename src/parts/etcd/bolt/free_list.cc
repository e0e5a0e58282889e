#include "parts/etcd/bolt/free_list.h"

#include <algorithm>

#include "base/check.h"

namespace argosy::etcd::bolt {

void FreeList::index(PageId first, uint64_t count) {
  if (count > 1) by_count_.emplace(count, first);
}

void FreeList::unindex(PageId first, uint64_t count) {
  if (count > 1) by_count_.erase({count, first});
}

std::optional<PageId> FreeList::allocate(uint64_t count) {
  check(count > 0);
  if (count == 1) {
    if (spans_.empty()) return std::nullopt;
    return take(spans_.begin(), 1);
  }
  const auto fit = by_count_.lower_bound({count, 0});
  if (fit == by_count_.end()) return std::nullopt;
  return take(spans_.find(fit->second), count);
}

PageId FreeList::take(Spans::iterator span, uint64_t count) {
  const auto [first, had] = *span;
  check(count <= had);
  unindex(first, had);
  if (had == count) {
    spans_.erase(span);
  } else {
    // The successor stays in the same place of the order, so the node is reused.
    const auto after = std::next(span);
    auto node = spans_.extract(span);
    node.key() = first + count;
    node.mapped() = had - count;
    spans_.insert(after, std::move(node));
    index(first + count, had - count);
  }
  free_pages_ -= count;
  return first;
}

void FreeList::add(PageSpan span) {
  check(span.count > 0);
  auto [first, count] = span;
  free_pages_ += count;
  auto next = spans_.lower_bound(first);
  check(next == spans_.end() || first + count <= next->first, "a page freed twice");
  if (next != spans_.begin()) {
    const auto previous = std::prev(next);
    const PageId end = previous->first + previous->second;
    check(end <= first, "a page freed twice");
    if (end == first) {
      unindex(previous->first, previous->second);
      first = previous->first;
      count += previous->second;
      spans_.erase(previous);
    }
  }
  if (next != spans_.end() && next->first == first + count) {
    unindex(next->first, next->second);
    count += next->second;
    next = spans_.erase(next);
  }
  spans_.emplace_hint(next, first, count);
  index(first, count);
}

void FreeList::add_pending(TxId tx, std::vector<PageSpan> spans) {
  if (spans.empty()) return;
  check(pending_.empty() || pending_.back().tx <= tx);
  for (const PageSpan& span : spans) pending_pages_ += span.count;
  pending_.push_back({tx, std::move(spans)});
}

void FreeList::release(TxId tx) {
  while (!pending_.empty() && pending_.front().tx <= tx) {
    for (const PageSpan& span : pending_.front().spans) {
      pending_pages_ -= span.count;
      add(span);
    }
    pending_.pop_front();
  }
}

std::vector<PageSpan> FreeList::all() const {
  std::vector<PageSpan> out;
  for (const auto& [first, count] : spans_) out.push_back({first, count});
  for (const Pending& pending : pending_) {
    out.insert(out.end(), pending.spans.begin(), pending.spans.end());
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace argosy::etcd::bolt
