#include "lib/etcd_client/wire.h"

namespace argosy::etcd_client {
namespace {

void fill(etcdserverpb::Compare& to, const Compare& from) {
  to.set_key(from.key);
  to.set_result(static_cast<etcdserverpb::Compare::CompareResult>(from.is));
  switch (from.target) {
    case Compare::Target::kVersion:
      to.set_target(etcdserverpb::Compare::VERSION);
      to.set_version(from.number);
      break;
    case Compare::Target::kCreated:
      to.set_target(etcdserverpb::Compare::CREATE);
      to.set_create_revision(from.number);
      break;
    case Compare::Target::kModified:
      to.set_target(etcdserverpb::Compare::MOD);
      to.set_mod_revision(from.number);
      break;
    case Compare::Target::kValue:
      to.set_target(etcdserverpb::Compare::VALUE);
      to.set_value(from.value);
      break;
  }
}

void fill(etcdserverpb::RequestOp& to, const Operation& from) {
  switch (from.kind) {
    case Operation::Kind::kGet:
      to.mutable_request_range()->set_key(from.key);
      to.mutable_request_range()->set_range_end(from.end);
      break;
    case Operation::Kind::kPut:
      to.mutable_request_put()->set_key(from.key);
      to.mutable_request_put()->set_value(from.value);
      to.mutable_request_put()->set_lease(from.lease.value());
      break;
    case Operation::Kind::kRemove:
      to.mutable_request_delete_range()->set_key(from.key);
      to.mutable_request_delete_range()->set_range_end(from.end);
      break;
  }
}

}  // namespace

static_assert(static_cast<int>(Compare::Is::kNotEqual) == etcdserverpb::Compare::NOT_EQUAL);
static_assert(static_cast<int>(Compare::Is::kLess) == etcdserverpb::Compare::LESS);
static_assert(static_cast<int>(Compare::Is::kGreater) == etcdserverpb::Compare::GREATER);

KeyValue from_wire(const mvccpb::KeyValue& kv) {
  return {
      kv.key(),     kv.value(),         Revision(kv.create_revision()), Revision(kv.mod_revision()),
      kv.version(), LeaseId(kv.lease())};
}

Event from_wire(const mvccpb::Event& event) {
  Event out{event.type() == mvccpb::Event::DELETE, from_wire(event.kv()), std::nullopt};
  if (event.has_prev_kv()) out.previous = from_wire(event.prev_kv());
  return out;
}

GetResult from_wire(const etcdserverpb::RangeResponse& response) {
  GetResult out{{}, response.more(), response.count(), Revision(response.header().revision())};
  for (const mvccpb::KeyValue& kv : response.kvs()) out.kvs.push_back(from_wire(kv));
  return out;
}

TxnResult from_wire(const etcdserverpb::TxnResponse& response) {
  TxnResult out{response.succeeded(), Revision(response.header().revision()), {}};
  for (const etcdserverpb::ResponseOp& op : response.responses()) {
    out.found.push_back(from_wire(op.response_range()).kvs);
  }
  return out;
}

etcdserverpb::RangeRequest to_wire(const GetQuery& query) {
  etcdserverpb::RangeRequest request;
  request.set_key(query.key);
  request.set_range_end(query.end);
  request.set_limit(query.limit);
  request.set_revision(query.revision.value());
  request.set_serializable(query.serializable);
  request.set_keys_only(query.keys_only);
  return request;
}

etcdserverpb::TxnRequest to_wire(const Txn& txn) {
  etcdserverpb::TxnRequest request;
  for (const Compare& compare : txn.compares) fill(*request.add_compare(), compare);
  for (const Operation& operation : txn.success) fill(*request.add_success(), operation);
  for (const Operation& operation : txn.failure) fill(*request.add_failure(), operation);
  return request;
}

}  // namespace argosy::etcd_client
