// etcdserverpb's KV requests, decoded by hand into mvcc's values: they are on the hot
// path of every read and write, and the response's key-values are stored bytes that
// go out as they are. Everything else of the API uses the generated classes.
//
// Decoding skips unknown fields and fails with Internal, in grpc-go's words, on
// damaged bytes and on transactions nested deeper than kMaxTxnDepth.
#pragma once

#include "base/result.h"
#include "parts/etcd/mvcc/requests.h"

namespace argosy::etcd::wire {

inline constexpr int kMaxTxnDepth = 64;

struct CompactionRequest {
  int64_t revision = 0;
  bool physical = false;
};

Result<mvcc::RangeRequest> decode_range_request(BytesView bytes);
Result<mvcc::PutRequest> decode_put_request(BytesView bytes);
Result<mvcc::DeleteRangeRequest> decode_delete_range_request(BytesView bytes);
Result<mvcc::TxnRequest> decode_txn_request(BytesView bytes);
Result<CompactionRequest> decode_compaction_request(BytesView bytes);

}  // namespace argosy::etcd::wire
