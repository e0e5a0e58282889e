// The KV requests and responses as plain values, field for field those of
// etcdserverpb (proto/etcd/rpc.proto) but for the headers: of a header, only the
// revision is this folder's business.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "parts/etcd/mvcc/key_value.h"

namespace argosy::etcd::mvcc {

// Numbers are the wire's; others than these are accepted and mean "no sorting".
enum class SortOrder : int { kNone = 0, kAscend = 1, kDescend = 2 };
enum class SortTarget : int { kKey = 0, kVersion = 1, kCreate = 2, kMod = 3, kValue = 4 };

// Everywhere: range_end empty is just `key`, "\0" is all from `key` on.
struct RangeRequest {
  Bytes key;
  Bytes range_end;
  int64_t limit = 0;     // <= 0: none
  int64_t revision = 0;  // <= 0: the current one
  SortOrder sort_order = SortOrder::kNone;
  SortTarget sort_target = SortTarget::kKey;
  bool serializable = false;  // the caller's business; not looked at here
  bool keys_only = false;
  bool count_only = false;
  int64_t min_mod_revision = 0;  // 0: no bound, for all four
  int64_t max_mod_revision = 0;
  int64_t min_create_revision = 0;
  int64_t max_create_revision = 0;
};

struct RangeResponse {
  int64_t revision = 0;
  RawKeyValues kvs;
  bool more = false;
  int64_t count = 0;
};

struct PutRequest {
  Bytes key;
  Bytes value;
  int64_t lease = 0;
  bool prev_kv = false;
  bool ignore_value = false;
  bool ignore_lease = false;
};

struct PutResponse {
  int64_t revision = 0;
  std::optional<Bytes> prev_kv;  // an encoded KeyValue
};

struct DeleteRangeRequest {
  Bytes key;
  Bytes range_end;
  bool prev_kv = false;
};

struct DeleteRangeResponse {
  int64_t revision = 0;
  int64_t deleted = 0;
  RawKeyValues prev_kvs;
};

enum class CompareResult : int { kEqual = 0, kGreater = 1, kLess = 2, kNotEqual = 3 };
enum class CompareTarget : int { kVersion = 0, kCreate = 1, kMod = 2, kValue = 3, kLease = 4 };

struct Compare {
  CompareResult result = CompareResult::kEqual;
  CompareTarget target = CompareTarget::kVersion;
  Bytes key;
  Bytes range_end;
  // Which member of target_union is set, if any. When it is not the one of
  // `target`, the comparison is against zero or the empty value.
  std::optional<CompareTarget> operand;
  int64_t number = 0;  // the operand, unless it is kValue
  Bytes value;         // the operand, if it is kValue
};

struct RequestOp;
struct TxnRequest {
  std::vector<Compare> compare;
  std::vector<RequestOp> success;
  std::vector<RequestOp> failure;
};
// monostate: nothing is set, which a well-behaved client never sends.
struct RequestOp {
  std::variant<std::monostate, RangeRequest, PutRequest, DeleteRangeRequest, TxnRequest> request;
};

struct ResponseOp;
struct TxnResponse {
  int64_t revision = 0;
  bool succeeded = false;
  std::vector<ResponseOp> responses;
};
// In a nested TxnResponse the revision is 0, as the original leaves it.
struct ResponseOp {
  std::variant<std::monostate, RangeResponse, PutResponse, DeleteRangeResponse, TxnResponse>
      response;
};

}  // namespace argosy::etcd::mvcc
