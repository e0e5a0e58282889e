#include "parts/etcd/lease/time_heap.h"

#include <algorithm>

#include "base/check.h"

namespace argosy::etcd::lease {
namespace {

// The heap's top is its largest: the earliest. Equal times go by id, so that all
// runs do the same.
bool is_later(const TimedLease& a, const TimedLease& b) {
  return a.when != b.when ? a.when > b.when : a.id > b.id;
}

}  // namespace

void TimeHeap::push(TimedLease entry) {
  heap_.push_back(entry);
  std::ranges::push_heap(heap_, is_later);
}

TimedLease TimeHeap::pop() {
  check(!heap_.empty());
  std::ranges::pop_heap(heap_, is_later);
  const TimedLease top = heap_.back();
  heap_.pop_back();
  return top;
}

void TimeHeap::keep_only(const std::function<bool(const TimedLease&)>& is_wanted) {
  std::erase_if(heap_, [&](const TimedLease& entry) { return !is_wanted(entry); });
  std::ranges::make_heap(heap_, is_later);
}

}  // namespace argosy::etcd::lease
