#include "parts/etcd/mvcc/apply.h"

#include "base/check.h"
#include "parts/etcd/mvcc/check_request.h"
#include "parts/etcd/mvcc/compare.h"
#include "parts/etcd/mvcc/errors.h"
#include "parts/etcd/mvcc/range.h"

namespace argosy::etcd::mvcc {
namespace {

Result<void> check_lease(const Store& store, int64_t lease) {
  if (lease != 0 && !store.leases().has_lease(lease)) return fail(lease_not_found_error());
  return {};
}

Result<void> check_ignored(const Store& store, const PutRequest& request) {
  if ((request.ignore_value || request.ignore_lease) && !store.find_live(request.key)) {
    return fail(key_not_found_error());
  }
  return {};
}

// -- Single operations, checked before.

PutResponse run_put(WriteTxn& txn, const PutRequest& request) {
  PutResponse response;
  Bytes value_before;
  BytesView value = request.value;
  int64_t lease = request.lease;
  if (request.ignore_value || request.ignore_lease || request.prev_kv) {
    const auto live = txn.store().find_live(request.key);
    if (live) {
      const BytesView raw = txn.store().value_at(live->modified);
      const KeyValueView before = stored_key_value(raw);
      if (request.ignore_value) value = value_before = Bytes(before.value);
      if (request.ignore_lease) lease = before.lease;
      if (request.prev_kv) response.prev_kv = Bytes(raw);
    }
  }
  txn.put(request.key, value, lease);
  response.revision = txn.revision();
  return response;
}

DeleteRangeResponse run_delete_range(WriteTxn& txn, const DeleteRangeRequest& request) {
  DeleteRangeResponse response;
  if (request.prev_kv) {
    RangeRequest before{.key = request.key, .range_end = request.range_end};
    auto found = range_within(txn.store(), before, txn.revision());
    check(found.has_value(), "reading what is current cannot fail");
    response.prev_kvs = std::move(found->kvs);
  }
  response.deleted = txn.delete_range(request.key, request.range_end);
  response.revision = txn.revision();
  return response;
}

// -- Transactions. The path through all nested ones is chosen and checked first.

struct Path {
  bool succeeded = false;
  const std::vector<RequestOp>* operations = nullptr;
  std::vector<Path> nested;  // one for each nested txn, in order
};

Path choose_path(const Store& store, const TxnRequest& request) {
  Path path;
  path.succeeded = holds(store, request.compare);
  path.operations = path.succeeded ? &request.success : &request.failure;
  for (const RequestOp& operation : *path.operations) {
    const auto* txn = std::get_if<TxnRequest>(&operation.request);
    if (txn != nullptr) path.nested.push_back(choose_path(store, *txn));
  }
  return path;
}

Result<void> check_one(const Store& store, const PutRequest& request) {
  TRY(check_ignored(store, request));
  return check_lease(store, request.lease);
}

Result<void> check_one(const Store& store, const RangeRequest& request) {
  if (request.revision == 0) return {};
  if (request.revision > store.revision()) return fail(future_revision_error());
  if (request.revision < store.compact_revision()) return fail(compacted_error());
  return {};
}

// All requests of one kind on the path.
template <typename Request>
Result<void> check_all(const Store& store, const Path& path) {
  auto nested = path.nested.begin();
  for (const RequestOp& operation : *path.operations) {
    if (std::holds_alternative<TxnRequest>(operation.request)) {
      TRY(check_all<Request>(store, *nested++));
    } else if (const auto* request = std::get_if<Request>(&operation.request)) {
      TRY(check_one(store, *request));
    }
  }
  return {};
}

// Runs the operations of one path; without a WriteTxn there are only ranges.
class Runner {
 public:
  Runner(const Store& store, WriteTxn* txn) : store_(store), txn_(txn) {}

  TxnResponse run(const Path& path) {
    TxnResponse response;
    response.succeeded = path.succeeded;
    auto nested = path.nested.begin();
    for (const RequestOp& operation : *path.operations) {
      if (std::holds_alternative<TxnRequest>(operation.request)) {
        response.responses.push_back({run(*nested++)});
      } else {
        response.responses.push_back(run_one(operation));
      }
    }
    return response;
  }

 private:
  ResponseOp run_one(const RequestOp& operation) {
    if (const auto* range = std::get_if<RangeRequest>(&operation.request)) {
      auto found = range_within(store_, *range, txn_ ? txn_->revision() : store_.revision());
      check(found.has_value(), "the range was checked before");
      return {std::move(*found)};
    }
    if (std::holds_alternative<std::monostate>(operation.request)) return {};
    check(txn_ != nullptr, "a write in a read-only txn");
    if (const auto* put = std::get_if<PutRequest>(&operation.request)) {
      return {run_put(*txn_, *put)};
    }
    return {run_delete_range(*txn_, std::get<DeleteRangeRequest>(operation.request))};
  }

  const Store& store_;
  WriteTxn* txn_;
};

}  // namespace

Result<PutResponse> apply_put(Store& store, const PutRequest& request, Changes& changes) {
  changes = {};
  TRY(check_lease(store, request.lease));
  TRY(check_ignored(store, request));
  WriteTxn txn(store);
  PutResponse response = run_put(txn, request);
  changes = txn.end();
  return response;
}

DeleteRangeResponse apply_delete_range(Store& store, const DeleteRangeRequest& request,
                                       Changes& changes) {
  WriteTxn txn(store);
  DeleteRangeResponse response = run_delete_range(txn, request);
  changes = txn.end();
  return response;
}

Result<TxnResponse> apply_txn(Store& store, const TxnRequest& request, Changes& changes) {
  changes = {};
  const Path path = choose_path(store, request);
  TRY(check_all<PutRequest>(store, path));
  TRY(check_all<RangeRequest>(store, path));
  WriteTxn txn(store);
  TxnResponse response = Runner(store, &txn).run(path);
  response.revision = txn.revision();
  changes = txn.end();
  return response;
}

Result<TxnResponse> read_txn(const Store& store, const TxnRequest& request) {
  check(is_read_only(request));
  const Path path = choose_path(store, request);
  TRY(check_all<RangeRequest>(store, path));
  TxnResponse response = Runner(store, nullptr).run(path);
  response.revision = store.revision();
  return response;
}

Changes delete_keys(Store& store, const std::vector<Bytes>& keys) {
  WriteTxn txn(store);
  for (const Bytes& key : keys) txn.delete_range(key, {});
  return txn.end();
}

}  // namespace argosy::etcd::mvcc
