// What is wrong with a request by itself, before anyone proposes or runs it. The
// order of the checks is the original's, since a client sees the first that fails.
// Pure functions; any thread.
#pragma once

#include "base/result.h"
#include "parts/etcd/mvcc/requests.h"

namespace argosy::etcd::mvcc {

inline constexpr int kDefaultMaxTxnOps = 128;

Result<void> check_range(const RangeRequest& request);
Result<void> check_put(const PutRequest& request);
Result<void> check_delete_range(const DeleteRangeRequest& request);
// Count of operations per level, keys, then keys that are written twice.
Result<void> check_txn(const TxnRequest& request, int max_txn_ops = kDefaultMaxTxnOps);

// Only ranges in both branches: then the txn is a read. A nested txn counts as a
// write, whatever it holds.
bool is_read_only(const TxnRequest& request);
// Only serializable ranges in both branches.
bool is_serializable(const TxnRequest& request);
// Drops the ranges of the outer branches of a txn that nobody waits for; nested
// ones stay, as in the original.
void drop_ranges(TxnRequest& request);

}  // namespace argosy::etcd::mvcc
