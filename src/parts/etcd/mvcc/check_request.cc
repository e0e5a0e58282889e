#include "parts/etcd/mvcc/check_request.h"

#include <algorithm>
#include <set>

#include "parts/etcd/mvcc/errors.h"
#include "parts/etcd/mvcc/interval_set.h"

namespace argosy::etcd::mvcc {
namespace {

// -- The form of a request.

Result<void> check_txn_form(const TxnRequest& request, int max_ops);

Result<void> check_operation(const RequestOp& operation, int max_ops) {
  struct {
    int max_ops;
    Result<void> operator()(const std::monostate&) const { return fail(key_not_found_error()); }
    Result<void> operator()(const RangeRequest& r) const { return check_range(r); }
    Result<void> operator()(const PutRequest& r) const { return check_put(r); }
    Result<void> operator()(const DeleteRangeRequest& r) const { return check_delete_range(r); }
    Result<void> operator()(const TxnRequest& r) const { return check_txn_form(r, max_ops); }
  } const checker{max_ops};
  return std::visit(checker, operation.request);
}

Result<void> check_txn_form(const TxnRequest& request, int max_ops) {
  const size_t most =
      std::max({request.compare.size(), request.success.size(), request.failure.size()});
  if (max_ops < 0 || most > static_cast<size_t>(max_ops)) return fail(too_many_operations_error());
  for (const Compare& compare : request.compare) {
    if (compare.key.empty()) return fail(key_not_provided_error());
  }
  const int left = max_ops - static_cast<int>(most);
  for (const auto* branch : {&request.success, &request.failure}) {
    for (const RequestOp& operation : *branch) TRY(check_operation(operation, left));
  }
  return {};
}

// -- Keys written twice. The order matters to what is found and what is not: the
// deletions of this level, then each nested txn (whose deletions then count for
// those behind it), then the puts of this level.

// What a branch writes.
struct Writes {
  std::set<BytesView> puts;
  IntervalSet deleted;
  std::vector<std::pair<BytesView, BytesView>> deletions;  // [begin, end)
};

Bytes just_behind(BytesView key) {
  return Bytes(key) + '\0';
}

void add_deletion(Writes& writes, BytesView begin, BytesView end) {
  writes.deletions.emplace_back(begin, end);
  if (end.empty()) {
    writes.deleted.insert(begin, just_behind(begin));
  } else if (end > begin) {
    writes.deleted.insert(begin, end);
  }
  // Else nothing is in it. The original takes "all from the key on" for such a range,
  // too, and lets a put below it pass.
}

Result<void> add_put(Writes& writes, BytesView key, const std::set<BytesView>* harmless) {
  const bool is_new = writes.puts.insert(key).second;
  if (!is_new && (harmless == nullptr || !harmless->contains(key))) {
    return fail(duplicate_key_error());
  }
  if (writes.deleted.contains(key)) return fail(duplicate_key_error());
  return {};
}

Result<void> collect(const std::vector<RequestOp>& branch, Writes& writes);

Result<void> add_nested(const TxnRequest& txn, Writes& writes) {
  Writes success;
  TRY(collect(txn.success, success));
  Writes failure;
  TRY(collect(txn.failure, failure));
  for (const BytesView key : success.puts) TRY(add_put(writes, key, nullptr));
  // Only one of the two branches will run.
  for (const BytesView key : failure.puts) TRY(add_put(writes, key, &success.puts));
  for (const Writes* nested : {&success, &failure}) {
    for (const auto& [begin, end] : nested->deletions) add_deletion(writes, begin, end);
  }
  return {};
}

Result<void> collect(const std::vector<RequestOp>& branch, Writes& writes) {
  for (const RequestOp& operation : branch) {
    const auto* erase = std::get_if<DeleteRangeRequest>(&operation.request);
    if (erase != nullptr) add_deletion(writes, erase->key, erase->range_end);
  }
  for (const RequestOp& operation : branch) {
    const auto* txn = std::get_if<TxnRequest>(&operation.request);
    if (txn != nullptr) TRY(add_nested(*txn, writes));
  }
  for (const RequestOp& operation : branch) {
    const auto* put = std::get_if<PutRequest>(&operation.request);
    if (put != nullptr) TRY(add_put(writes, put->key, nullptr));
  }
  return {};
}

bool is_range(const RequestOp& operation) {
  return std::holds_alternative<RangeRequest>(operation.request);
}

bool is_serializable_range(const RequestOp& operation) {
  const auto* range = std::get_if<RangeRequest>(&operation.request);
  return range != nullptr && range->serializable;
}

}  // namespace

Result<void> check_range(const RangeRequest& request) {
  if (request.key.empty()) return fail(key_not_provided_error());
  return {};
}

Result<void> check_put(const PutRequest& request) {
  if (request.key.empty()) return fail(key_not_provided_error());
  if (request.ignore_value && !request.value.empty()) return fail(value_provided_error());
  if (request.ignore_lease && request.lease != 0) return fail(lease_provided_error());
  return {};
}

Result<void> check_delete_range(const DeleteRangeRequest& request) {
  if (request.key.empty()) return fail(key_not_provided_error());
  return {};
}

Result<void> check_txn(const TxnRequest& request, int max_txn_ops) {
  TRY(check_txn_form(request, max_txn_ops));
  for (const auto* branch : {&request.success, &request.failure}) {
    Writes writes;
    TRY(collect(*branch, writes));
  }
  return {};
}

bool is_read_only(const TxnRequest& request) {
  return std::ranges::all_of(request.success, is_range) &&
         std::ranges::all_of(request.failure, is_range);
}

bool is_serializable(const TxnRequest& request) {
  return std::ranges::all_of(request.success, is_serializable_range) &&
         std::ranges::all_of(request.failure, is_serializable_range);
}

void drop_ranges(TxnRequest& request) {
  std::erase_if(request.success, is_range);
  std::erase_if(request.failure, is_range);
}

}  // namespace argosy::etcd::mvcc
