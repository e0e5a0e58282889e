#include "parts/etcd/wire/kv_requests.h"

#include "base/protowire.h"

namespace argosy::etcd::wire {
namespace {

using protowire::Reader;

Error damaged() {
  return Error(Code::kInternal, "grpc: failed to unmarshal the received message");
}

Result<mvcc::TxnRequest> decode_txn(BytesView bytes, int depth);

Result<mvcc::Compare> decode_compare(BytesView bytes) {
  mvcc::Compare compare;
  Reader in(bytes);
  const auto number = [&](mvcc::CompareTarget operand) {
    compare.operand = operand;
    compare.number = in.int64();
  };
  while (in.next()) {
    switch (in.field()) {
      case 1:
        compare.result = static_cast<mvcc::CompareResult>(in.int64());
        break;
      case 2:
        compare.target = static_cast<mvcc::CompareTarget>(in.int64());
        break;
      case 3:
        compare.key = in.bytes();
        break;
      case 4:
        number(mvcc::CompareTarget::kVersion);
        break;
      case 5:
        number(mvcc::CompareTarget::kCreate);
        break;
      case 6:
        number(mvcc::CompareTarget::kMod);
        break;
      case 7:
        compare.operand = mvcc::CompareTarget::kValue;
        compare.value = in.bytes();
        break;
      case 8:
        number(mvcc::CompareTarget::kLease);
        break;
      case 64:
        compare.range_end = in.bytes();
        break;
      default:
        break;
    }
  }
  if (in.failed()) return fail(damaged());
  return compare;
}

Result<mvcc::RequestOp> decode_op(BytesView bytes, int depth) {
  mvcc::RequestOp op;
  Reader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        op.request = TRY(decode_range_request(in.bytes()));
        break;
      case 2:
        op.request = TRY(decode_put_request(in.bytes()));
        break;
      case 3:
        op.request = TRY(decode_delete_range_request(in.bytes()));
        break;
      case 4:
        op.request = TRY(decode_txn(in.bytes(), depth + 1));
        break;
      default:
        break;
    }
  }
  if (in.failed()) return fail(damaged());
  return op;
}

Result<mvcc::TxnRequest> decode_txn(BytesView bytes, int depth) {
  if (depth > kMaxTxnDepth) return fail(damaged());
  mvcc::TxnRequest request;
  Reader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        request.compare.push_back(TRY(decode_compare(in.bytes())));
        break;
      case 2:
        request.success.push_back(TRY(decode_op(in.bytes(), depth)));
        break;
      case 3:
        request.failure.push_back(TRY(decode_op(in.bytes(), depth)));
        break;
      default:
        break;
    }
  }
  if (in.failed()) return fail(damaged());
  return request;
}

}  // namespace

Result<mvcc::RangeRequest> decode_range_request(BytesView bytes) {
  mvcc::RangeRequest request;
  Reader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        request.key = in.bytes();
        break;
      case 2:
        request.range_end = in.bytes();
        break;
      case 3:
        request.limit = in.int64();
        break;
      case 4:
        request.revision = in.int64();
        break;
      case 5:
        request.sort_order = static_cast<mvcc::SortOrder>(in.int64());
        break;
      case 6:
        request.sort_target = static_cast<mvcc::SortTarget>(in.int64());
        break;
      case 7:
        request.serializable = in.boolean();
        break;
      case 8:
        request.keys_only = in.boolean();
        break;
      case 9:
        request.count_only = in.boolean();
        break;
      case 10:
        request.min_mod_revision = in.int64();
        break;
      case 11:
        request.max_mod_revision = in.int64();
        break;
      case 12:
        request.min_create_revision = in.int64();
        break;
      case 13:
        request.max_create_revision = in.int64();
        break;
      default:
        break;
    }
  }
  if (in.failed()) return fail(damaged());
  return request;
}

Result<mvcc::PutRequest> decode_put_request(BytesView bytes) {
  mvcc::PutRequest request;
  Reader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        request.key = in.bytes();
        break;
      case 2:
        request.value = in.bytes();
        break;
      case 3:
        request.lease = in.int64();
        break;
      case 4:
        request.prev_kv = in.boolean();
        break;
      case 5:
        request.ignore_value = in.boolean();
        break;
      case 6:
        request.ignore_lease = in.boolean();
        break;
      default:
        break;
    }
  }
  if (in.failed()) return fail(damaged());
  return request;
}

Result<mvcc::DeleteRangeRequest> decode_delete_range_request(BytesView bytes) {
  mvcc::DeleteRangeRequest request;
  Reader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        request.key = in.bytes();
        break;
      case 2:
        request.range_end = in.bytes();
        break;
      case 3:
        request.prev_kv = in.boolean();
        break;
      default:
        break;
    }
  }
  if (in.failed()) return fail(damaged());
  return request;
}

Result<mvcc::TxnRequest> decode_txn_request(BytesView bytes) {
  return decode_txn(bytes, 0);
}

Result<CompactionRequest> decode_compaction_request(BytesView bytes) {
  CompactionRequest request;
  Reader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        request.revision = in.int64();
        break;
      case 2:
        request.physical = in.boolean();
        break;
      default:
        break;
    }
  }
  if (in.failed()) return fail(damaged());
  return request;
}

}  // namespace argosy::etcd::wire
