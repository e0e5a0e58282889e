// A lease in Bucket::kLease: the key is its id, 8 bytes big endian, the value a
// leasepb.Lease.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "parts/etcd/lease/lease_id.h"

namespace argosy::etcd::lease {

struct LeaseRecord {
  LeaseId id;
  int64_t ttl = 0;            // seconds
  int64_t remaining_ttl = 0;  // seconds; 0: none was recorded

  bool operator==(const LeaseRecord&) const = default;
};

Bytes lease_key(LeaseId id);
Bytes encode(const LeaseRecord& record);
std::optional<LeaseRecord> decode_lease_record(BytesView raw);

}  // namespace argosy::etcd::lease
