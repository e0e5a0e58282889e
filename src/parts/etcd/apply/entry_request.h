// What a normal log entry asks for: the original's InternalRaftRequest, or one of the
// few v2 requests that 3.4 members still use among themselves.
#pragma once

#include <variant>

#include "base/result.h"
#include "parts/etcd/mvcc/requests.h"
#include "parts/etcd/wire/kv_requests.h"

namespace argosy::etcd::apply {

struct LeaseGrant {
  int64_t ttl = 0;
  int64_t id = 0;
};
struct LeaseRevoke {
  int64_t id = 0;
};
struct LeaseCheckpoints {
  struct One {
    int64_t id = 0;
    int64_t remaining_ttl = 0;
  };
  std::vector<One> list;
};

enum class AlarmType : int { kNone = 0, kNoSpace = 1, kCorrupt = 2 };
enum class AlarmAction : int { kGet = 0, kActivate = 1, kDeactivate = 2 };
struct AlarmRequest {
  AlarmAction action = AlarmAction::kGet;
  uint64_t member_id = 0;
  AlarmType alarm = AlarmType::kNone;
};

// etcdserverpb.Request: an operation on the v2 store.
struct V2Request {
  uint64_t id = 0;
  Bytes method;
  Bytes path;
  Bytes value;
};

// A request that this member knows to exist but does not serve (auth, downgrade).
struct Unsupported {
  uint32_t field = 0;
};

struct EntryRequest {
  uint64_t id = 0;  // whose answer somebody may wait for; 0: nobody
  std::variant<std::monostate, mvcc::RangeRequest, mvcc::PutRequest, mvcc::DeleteRangeRequest,
               mvcc::TxnRequest, wire::CompactionRequest, LeaseGrant, LeaseRevoke, LeaseCheckpoints,
               AlarmRequest, V2Request, Unsupported>
      body;
};

// As the original reads an entry: an InternalRaftRequest, and if that fails or holds a
// v2 request, a bare V2Request.
Result<EntryRequest> decode_entry(BytesView data);

// InternalRaftRequests. `request` is the RPC's message as it came.
inline constexpr uint32_t kRangeField = 3;
inline constexpr uint32_t kPutField = 4;
inline constexpr uint32_t kDeleteRangeField = 5;
inline constexpr uint32_t kTxnField = 6;
inline constexpr uint32_t kCompactionField = 7;
inline constexpr uint32_t kLeaseGrantField = 8;
inline constexpr uint32_t kLeaseRevokeField = 9;
inline constexpr uint32_t kAlarmField = 10;
inline constexpr uint32_t kLeaseCheckpointField = 11;
Bytes encode_entry(uint64_t id, uint32_t field, BytesView request);
Bytes encode_v2(const V2Request& request);

Bytes encode(const LeaseGrant& request);
Bytes encode(const LeaseRevoke& request);
Bytes encode(const LeaseCheckpoints& request);
Bytes encode(const AlarmRequest& request);

}  // namespace argosy::etcd::apply
