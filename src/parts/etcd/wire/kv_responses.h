// etcdserverpb's KV and Watch responses, encoded by hand: their key-values and events
// are stored or shared bytes (see kv_requests.h).
#pragma once

#include "parts/etcd/mvcc/requests.h"
#include "parts/etcd/mvcc/watch_hub.h"

namespace argosy::etcd::wire {

// ResponseHeader; zero fields are left out.
struct Header {
  uint64_t cluster_id = 0;
  uint64_t member_id = 0;
  int64_t revision = 0;
  uint64_t raft_term = 0;
};

// A message that holds a header as its field 1 and nothing else.
Bytes encode_header_only(const Header& header);

// The header's revision is the response's.
Bytes encode(const mvcc::RangeResponse& response, Header header);
Bytes encode(const mvcc::PutResponse& response, Header header);
Bytes encode(const mvcc::DeleteRangeResponse& response, Header header);
Bytes encode(const mvcc::TxnResponse& response, Header header);

// One WatchResponse; events from `first_event` on, `event_count` of them.
Bytes encode_watch(const mvcc::WatchResponse& response, Header header, size_t first_event,
                   size_t event_count, bool is_fragment);

// WatchResponses of at most about `max_bytes`, as the original fragments them; without
// a limit (0) one.
std::vector<Bytes> encode_watch(const mvcc::WatchResponse& response, Header header,
                                size_t max_bytes);

}  // namespace argosy::etcd::wire
