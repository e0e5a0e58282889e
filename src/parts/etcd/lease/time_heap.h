// Which lease is next: a binary heap of (time, lease). It is lazy: what is pushed
// stays until its time comes or the owner rebuilds the heap, and the owner judges
// then whether it still means anything. So renewing a lease costs nothing here.
#pragma once

#include <functional>
#include <vector>

#include "base/time.h"
#include "parts/etcd/lease/lease_id.h"

namespace argosy::etcd::lease {

struct TimedLease {
  MonotonicTime when;
  LeaseId id;
  // Tells a lease from an earlier one of the same id.
  uint64_t serial = 0;
};

class TimeHeap {
 public:
  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }
  const TimedLease& top() const { return heap_.front(); }
  void push(TimedLease entry);
  TimedLease pop();
  void clear() { heap_.clear(); }
  // Throws away what is not worth keeping.
  void keep_only(const std::function<bool(const TimedLease&)>& is_wanted);

 private:
  std::vector<TimedLease> heap_;
};

}  // namespace argosy::etcd::lease
