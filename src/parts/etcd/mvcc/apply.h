// The KV requests of committed entries, applied. Requests have passed
// check_request.h on the member that proposed them. An error means that nothing was
// changed: all that can fail is checked before the first write.
#pragma once

#include "base/result.h"
#include "parts/etcd/mvcc/requests.h"
#include "parts/etcd/mvcc/write_txn.h"

namespace argosy::etcd::mvcc {

// Errors: lease_not_found_error(), key_not_found_error() with ignore_value or
// ignore_lease. `changes` is replaced.
Result<PutResponse> apply_put(Store& store, const PutRequest& request, Changes& changes);
DeleteRangeResponse apply_delete_range(Store& store, const DeleteRangeRequest& request,
                                       Changes& changes);
// Also compacted_error() and future_revision_error() of a range in the chosen path.
Result<TxnResponse> apply_txn(Store& store, const TxnRequest& request, Changes& changes);
// A txn for which is_read_only() holds; needs no entry.
Result<TxnResponse> read_txn(const Store& store, const TxnRequest& request);
// Deletes single keys in one revision, in this order: for a revoked lease.
Changes delete_keys(Store& store, const std::vector<Bytes>& keys);

}  // namespace argosy::etcd::mvcc
