#include "parts/etcd/apply/state_machine.h"

#include "base/bytes.h"
#include "base/check.h"
#include "parts/etcd/error/errors.h"
#include "parts/etcd/mvcc/check_request.h"
#include "parts/etcd/mvcc/range.h"

namespace argosy::etcd::apply {
namespace {

// The original's reckoning (its quota.go): a fixed overhead for each key and lease.
constexpr uint64_t kKeyOverhead = 256;
constexpr uint64_t kLeaseOverhead = 64;

uint64_t cost(const mvcc::PutRequest& request) {
  return kKeyOverhead + request.key.size() + request.value.size();
}

uint64_t cost(const std::vector<mvcc::RequestOp>& ops) {
  uint64_t sum = 0;
  for (const mvcc::RequestOp& op : ops) {
    if (const auto* put = std::get_if<mvcc::PutRequest>(&op.request)) sum += cost(*put);
  }
  return sum;
}

// As the original makes a database: with all buckets, and with the first revision of
// its auth store. Hash covers both.
void begin_database(Storage& storage) {
  constexpr BytesView kAuthRevision = "authRevision";
  if (storage.get(Bucket::kAuth, kAuthRevision)) return;
  for (size_t i = 0; i < kBucketCount; ++i) {
    // To erase what is not there makes the bucket.
    storage.erase(static_cast<Bucket>(i), kAuthRevision);
  }
  Bytes first;
  append_be64(first, 1);
  storage.put(Bucket::kAuth, Bytes(kAuthRevision), std::move(first));
}

template <typename... Kinds>
bool is_one_of(const EntryRequest& request) {
  return (std::holds_alternative<Kinds>(request.body) || ...);
}

}  // namespace

uint64_t quota_cost(const EntryRequest& request) {
  if (const auto* put = std::get_if<mvcc::PutRequest>(&request.body)) return cost(*put);
  if (const auto* txn = std::get_if<mvcc::TxnRequest>(&request.body)) {
    return std::max(cost(txn->success), cost(txn->failure));
  }
  if (is_one_of<LeaseGrant>(request)) return kLeaseOverhead;
  return 0;
}

bool is_over_quota(const EntryRequest& request, uint64_t backend_size, uint64_t quota) {
  if (quota == 0) return false;
  const uint64_t added = quota_cost(request);
  return added > 0 && backend_size + added >= quota;
}

StateMachine::StateMachine(Storage& storage, lease::LessorOptions lease_options)
    : lessor_(storage, lease_options),
      items_(lessor_),
      store_(std::make_unique<mvcc::Store>(storage, items_)),
      watches_(std::make_unique<mvcc::WatchHub>(*store_)),
      alarms_(storage) {
  begin_database(storage);
}

void StateMachine::restore() {
  lessor_.restore();
  store_->restore();
  alarms_.restore();
  watches_->store_was_restored();
}

void StateMachine::publish(const mvcc::Changes& changes) {
  for (const mvcc::Change& change : changes.list) {
    ++(change.is_delete ? totals_.deletes : totals_.puts);
  }
  watches_->publish(changes);
}

Result<void> StateMachine::refuse_by_alarm(const EntryRequest& request) const {
  if (alarms_.is_raised(AlarmType::kCorrupt) &&
      is_one_of<mvcc::PutRequest, mvcc::RangeRequest, mvcc::DeleteRangeRequest, mvcc::TxnRequest,
                wire::CompactionRequest, LeaseGrant, LeaseRevoke>(request)) {
    return fail(error::corrupt());
  }
  if (alarms_.is_raised(AlarmType::kNoSpace) && quota_cost(request) > 0) {
    return fail(error::no_space());
  }
  return {};
}

Result<Response> StateMachine::apply(EntryRequest request, const Context& context) {
  TRY(refuse_by_alarm(request));
  const bool over = is_over_quota(request, context.backend_size, context.quota);
  auto response = dispatch(request, context);
  if (response && over) return fail(error::no_space());
  return response;
}

Result<Response> StateMachine::dispatch(EntryRequest& request, const Context& context) {
  mvcc::Changes changes;
  if (const auto* put = std::get_if<mvcc::PutRequest>(&request.body)) {
    auto response = TRY(mvcc::apply_put(*store_, *put, changes));
    publish(changes);
    return response;
  }
  if (auto* txn = std::get_if<mvcc::TxnRequest>(&request.body)) return apply_txn(*txn, context);
  if (const auto* erase = std::get_if<mvcc::DeleteRangeRequest>(&request.body)) {
    auto response = mvcc::apply_delete_range(*store_, *erase, changes);
    publish(changes);
    return response;
  }
  if (const auto* range = std::get_if<mvcc::RangeRequest>(&request.body)) {
    if (!context.is_awaited) return Response{};
    return TRY(mvcc::range(*store_, *range));
  }
  if (const auto* compaction = std::get_if<wire::CompactionRequest>(&request.body)) {
    TRY(store_->compact(compaction->revision));
    return Compacted{store_->revision(), compaction->revision};
  }
  if (const auto* grant = std::get_if<LeaseGrant>(&request.body)) {
    const lease::Granted granted =
        TRY(lessor_.grant(lease::LeaseId(grant->id), grant->ttl, context.now));
    ++totals_.leases_granted;
    return granted;
  }
  if (const auto* revoked = std::get_if<LeaseRevoke>(&request.body)) return revoke(*revoked);
  if (const auto* checkpoints = std::get_if<LeaseCheckpoints>(&request.body)) {
    for (const LeaseCheckpoints::One& one : checkpoints->list) {
      lessor_.checkpoint({lease::LeaseId(one.id), one.remaining_ttl}, context.now);
    }
    return LeaseCheckpointed{};
  }
  if (const auto* alarm = std::get_if<AlarmRequest>(&request.body)) return set_alarm(*alarm);
  return Response{};
}

Result<Response> StateMachine::apply_txn(mvcc::TxnRequest& request, const Context& context) {
  if (!context.is_awaited) mvcc::drop_ranges(request);
  mvcc::Changes changes;
  auto response = TRY(mvcc::apply_txn(*store_, request, changes));
  ++totals_.txns;
  publish(changes);
  return response;
}

Result<Response> StateMachine::revoke(const LeaseRevoke& request) {
  const lease::LeaseId id(request.id);
  const std::vector<Bytes> keys = TRY(lessor_.keys_to_revoke(id));
  publish(mvcc::delete_keys(*store_, keys));
  lessor_.forget(id);
  ++totals_.leases_revoked;
  return LeaseRevoked{store_->revision()};
}

Result<Response> StateMachine::set_alarm(const AlarmRequest& request) {
  AlarmResult result;
  switch (request.action) {
    case AlarmAction::kGet:
      result.alarms = alarms_.list(request.alarm);
      break;
    case AlarmAction::kActivate:
      result.alarms.push_back(alarms_.activate(request.member_id, request.alarm));
      break;
    case AlarmAction::kDeactivate:
      if (const auto gone = alarms_.deactivate(request.member_id, request.alarm)) {
        result.alarms.push_back(*gone);
      }
      break;
  }
  return result;
}

}  // namespace argosy::etcd::apply
