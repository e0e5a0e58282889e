// Keys of Bucket::kMeta that this folder writes.
#pragma once

#include "base/bytes.h"

namespace argosy::etcd::mvcc {

// 8 bytes, big endian.
inline constexpr BytesView kConsistentIndex = "consistent_index";
// Revisions in the form of revision.h, sub revision 0.
inline constexpr BytesView kScheduledCompactRevision = "scheduledCompactRev";
inline constexpr BytesView kFinishedCompactRevision = "finishedCompactRev";

}  // namespace argosy::etcd::mvcc
