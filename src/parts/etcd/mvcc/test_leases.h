// Test support: leases without time.
#pragma once

#include <map>
#include <set>

#include "parts/etcd/mvcc/lease_items.h"

namespace argosy::etcd::mvcc {

class TestLeases final : public LeaseItems {
 public:
  bool has_lease(int64_t lease) const override { return leases.contains(lease); }
  int64_t lease_of(BytesView key) const override {
    const auto at = attached.find(key);
    return at != attached.end() ? at->second : 0;
  }
  void attach(int64_t lease, BytesView key) override {
    if (has_lease(lease)) attached.insert_or_assign(Bytes(key), lease);
  }
  void detach(int64_t lease, BytesView key) override {
    const auto at = attached.find(key);
    if (at != attached.end() && at->second == lease) attached.erase(at);
  }

  std::set<int64_t> leases;
  std::map<Bytes, int64_t, std::less<>> attached;
};

}  // namespace argosy::etcd::mvcc
