#include "tests/scenario/faults/perform.h"

namespace argosy::faults {
namespace {

using linearizability::Action;
using linearizability::Operation;
using linearizability::Seen;

constexpr Duration kTimeout = milliseconds(1500);

Seen seen_in(const etcdserverpb::RangeResponse& response) {
  if (response.kvs_size() == 0) return {};
  return {response.kvs(0).value(), response.kvs(0).mod_revision()};
}

void fill(etcdserverpb::PutRequest& request, const Action& action) {
  request.set_key(action.key);
  request.set_value(action.value);
  request.set_lease(action.lease);
}

void fill(etcdserverpb::RequestOp& op, const Action& action) {
  switch (action.kind) {
    case Action::Kind::kGet:
      op.mutable_request_range()->set_key(action.key);
      break;
    case Action::Kind::kPut:
      fill(*op.mutable_request_put(), action);
      break;
    case Action::Kind::kDelete:
      op.mutable_request_delete_range()->set_key(action.key);
      break;
  }
}

void take(Action& action, const etcdserverpb::ResponseOp& op) {
  if (action.kind == Action::Kind::kGet) action.seen = seen_in(op.response_range());
  if (action.kind == Action::Kind::kDelete) {
    action.did_delete = op.response_delete_range().deleted() > 0;
  }
}

Task<void> send_txn(Client& client, Operation& operation) {
  etcdserverpb::TxnRequest request;
  for (const auto& comparison : operation.comparisons) {
    etcdserverpb::Compare& compare = *request.add_compare();
    compare.set_result(etcdserverpb::Compare::EQUAL);
    compare.set_target(etcdserverpb::Compare::MOD);
    compare.set_key(comparison.key);
    compare.set_mod_revision(comparison.mod_revision);
  }
  for (const Action& action : operation.then) fill(*request.add_success(), action);
  for (const Action& action : operation.otherwise) fill(*request.add_failure(), action);
  const auto response = co_await client.call<etcdserverpb::TxnResponse>(
      "/etcdserverpb.KV/Txn", request.SerializeAsString(), kTimeout);
  operation.succeeded = response.succeeded();
  auto& actions = operation.succeeded ? operation.then : operation.otherwise;
  if (static_cast<size_t>(response.responses_size()) != actions.size()) {
    co_await failure(Code::kDataLoss, "a transaction's answer has other parts than it");
  }
  for (size_t i = 0; i < actions.size(); ++i) {
    take(actions[i], response.responses(static_cast<int>(i)));
  }
  operation.revision = response.header().revision();
}

Task<void> send_single(Client& client, Operation& operation, Action& action) {
  if (action.kind == Action::Kind::kPut) {
    etcdserverpb::PutRequest request;
    fill(request, action);
    const auto response = co_await client.call<etcdserverpb::PutResponse>(
        "/etcdserverpb.KV/Put", request.SerializeAsString(), kTimeout);
    operation.revision = response.header().revision();
  } else if (action.kind == Action::Kind::kGet) {
    etcdserverpb::RangeRequest request;
    request.set_key(action.key);
    const auto response = co_await client.call<etcdserverpb::RangeResponse>(
        "/etcdserverpb.KV/Range", request.SerializeAsString(), kTimeout);
    action.seen = seen_in(response);
    operation.revision = response.header().revision();
  } else {
    etcdserverpb::DeleteRangeRequest request;
    request.set_key(action.key);
    const auto response = co_await client.call<etcdserverpb::DeleteRangeResponse>(
        "/etcdserverpb.KV/DeleteRange", request.SerializeAsString(), kTimeout);
    action.did_delete = response.deleted() > 0;
    operation.revision = response.header().revision();
  }
}

Task<void> send_lease_end(Client& client, Operation& operation) {
  etcdserverpb::LeaseRevokeRequest request;
  request.set_id(operation.ended_lease);
  // Its header may be younger than what it did; the events tell the revision.
  const auto response = co_await client.call<etcdserverpb::LeaseRevokeResponse>(
      "/etcdserverpb.Lease/LeaseRevoke", request.SerializeAsString(), kTimeout);
  (void)response;
}

bool may_write(const Operation& operation) {
  for (const auto* actions : {&operation.then, &operation.otherwise}) {
    for (const Action& action : *actions) {
      if (action.kind != Action::Kind::kGet) return true;
    }
  }
  return false;
}

void note_write(Record& record, int64_t now) {
  if (record.last_write != 0) {
    record.longest_pause = std::max(record.longest_pause, Duration(now - record.last_write));
  }
  record.last_write = now;
}

}  // namespace

Task<std::optional<Operation>> perform(Client& client, Operation operation, Record& record) {
  operation.where = client.name();
  operation.invoked = moment();
  const bool is_single = operation.comparisons.empty() && operation.then.size() == 1;
  const auto sent = co_await result(operation.ended_lease != 0 ? send_lease_end(client, operation)
                                    : is_single ? send_single(client, operation, operation.then[0])
                                                : send_txn(client, operation));
  if (sent) {
    operation.returned = moment();
    if (operation.has_written()) note_write(record, operation.returned);
    record.history.push_back(operation);
    if (operation.ended_lease != 0) record.leases.erase(operation.ended_lease);
    co_return std::optional<Operation>(std::move(operation));
  }
  ++record.errors[sent.error().message()];
  if (is_surely_undone(sent.error())) {
    ++record.failed;
  } else if (operation.ended_lease != 0) {
    LeaseRecord& lease = record.leases[operation.ended_lease];
    lease.may_end = std::min(lease.may_end, operation.invoked);
  } else if (may_write(operation)) {
    operation.revision = 0;
    record.history.push_back(std::move(operation));
  } else {
    ++record.failed;
  }
  co_return std::optional<Operation>();
}

Task<void> read_serializable(Client& client, Bytes key, int64_t revision, Record& record) {
  etcdserverpb::RangeRequest request;
  request.set_key(key);
  request.set_revision(revision);
  request.set_serializable(true);
  const auto response = co_await result(client.call<etcdserverpb::RangeResponse>(
      "/etcdserverpb.KV/Range", request.SerializeAsString(), kTimeout));
  if (!response) {
    ++record.failed;
    co_return;
  }
  const int64_t at = revision != 0 ? revision : response->header().revision();
  record.past_reads.push_back({client.name(), std::move(key), at, seen_in(*response)});
}

}  // namespace argosy::faults
