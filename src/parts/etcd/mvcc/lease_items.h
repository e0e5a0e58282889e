// Which keys hang on which lease, as the store needs to know and to change it.
// The owner puts parts/etcd/lease behind it; this folder does not know that one.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace argosy::etcd::mvcc {

class LeaseItems {
 public:
  virtual ~LeaseItems() = default;

  virtual bool has_lease(int64_t lease) const = 0;
  // 0 when the key hangs on none.
  virtual int64_t lease_of(BytesView key) const = 0;
  // A lease that does not exist is ignored: restored keys may name one.
  virtual void attach(int64_t lease, BytesView key) = 0;
  virtual void detach(int64_t lease, BytesView key) = 0;
};

}  // namespace argosy::etcd::mvcc
