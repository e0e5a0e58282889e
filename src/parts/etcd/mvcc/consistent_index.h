// The index of the last entry whose effects are in the storage. The owner sets it
// together with these effects, without letting the thread go in between.
#pragma once

#include <cstdint>

#include "parts/etcd/storage/storage.h"

namespace argosy::etcd::mvcc {

void set_consistent_index(Storage& storage, uint64_t index);
// 0 when there is none.
uint64_t consistent_index(Storage& storage);

}  // namespace argosy::etcd::mvcc
