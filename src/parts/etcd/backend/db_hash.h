// Checksums of a whole committed state. Any thread.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "parts/etcd/bolt/read_tx.h"

namespace argosy::etcd::backend {

enum class HashedKeys : uint8_t {
  kAll,               // what `snapshot status` prints
  kSameOnAllMembers,  // Maintenance.Hash: without the keys of bucket meta that differ by member
};

// CRC-32C over each bucket's name and its keys and values, all in order.
Result<uint32_t> hash(const bolt::ReadTx& tx, HashedKeys keys);

}  // namespace argosy::etcd::backend
