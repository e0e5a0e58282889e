// The condition of a transaction.
#pragma once

#include <vector>

#include "parts/etcd/mvcc/requests.h"
#include "parts/etcd/mvcc/store.h"

namespace argosy::etcd::mvcc {

// Whether all of them hold in the store's current state. With a range_end, a compare
// must hold for every key of the range; when there is none, it sees zeros, except
// that no value is ever equal or unequal to a missing one.
bool holds(const Store& store, const std::vector<Compare>& compares);

}  // namespace argosy::etcd::mvcc
