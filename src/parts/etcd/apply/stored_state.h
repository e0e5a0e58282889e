// Whether a database that a member is about to start on holds what members write. The
// page file has no checksums of its own (docs/formats/bolt.md), so that a flipped bit
// may show only in what the pages say. The large bucket, of keys, is judged by
// mvcc::Store while it loads it (Store::damage()).
#pragma once

#include "base/result.h"
#include "parts/etcd/storage/storage.h"

namespace argosy::etcd::apply {

// DataLoss names the bucket and the key.
Result<void> check_stored_state(Storage& storage);

}  // namespace argosy::etcd::apply
