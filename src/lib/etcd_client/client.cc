#include "lib/etcd_client/client.h"

#include "lib/etcd_client/members.h"
#include "lib/etcd_client/watch_stream.h"
#include "lib/etcd_client/wire.h"

namespace argosy::etcd_client {
namespace {

using Kind = Members::Kind;

Error lease_not_found() {
  return {Code::kNotFound, "etcdserver: requested lease not found"};
}

bool only_reads(const Txn& txn) {
  const auto reads = [](const std::vector<Operation>& operations) {
    return std::ranges::all_of(
        operations, [](const Operation& op) { return op.kind == Operation::Kind::kGet; });
  };
  return reads(txn.success) && reads(txn.failure);
}

Task<std::optional<Bytes>> ask_stream(grpc::ClientStream& stream, Bytes request) {
  stream.write(request);
  stream.finish_writing();
  co_return co_await stream.read();
}

}  // namespace

struct Client::Impl {
  Impl(Loop& loop, ClientOptions options) : members(loop, std::move(options)) {}
  Members members;
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::make(Loop& loop, Network& network, Random& random,
                                             ClientOptions options) {
  auto impl = std::make_unique<Impl>(loop, std::move(options));
  TRY(impl->members.prepare(network, random));
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Task<GetResult> Client::get(GetQuery query) {
  const Bytes answer = co_await impl_->members.call(
      "/etcdserverpb.KV/Range", to_wire(query).SerializeAsString(), Kind::kRead);
  co_return from_wire(co_await decode<etcdserverpb::RangeResponse>(answer));
}

Task<std::optional<KeyValue>> Client::get_key(std::string key) {
  GetResult found = co_await get({.key = std::move(key), .end = {}});
  if (found.kvs.empty()) co_return std::nullopt;
  co_return std::move(found.kvs.front());
}

Task<Revision> Client::put(std::string key, std::string value, LeaseId lease) {
  etcdserverpb::PutRequest request;
  request.set_key(std::move(key));
  request.set_value(std::move(value));
  request.set_lease(lease.value());
  const Bytes answer = co_await impl_->members.call("/etcdserverpb.KV/Put",
                                                    request.SerializeAsString(), Kind::kWrite);
  const auto response = co_await decode<etcdserverpb::PutResponse>(answer);
  co_return Revision(response.header().revision());
}

Task<int64_t> Client::remove(std::string key, std::string end) {
  etcdserverpb::DeleteRangeRequest request;
  request.set_key(std::move(key));
  request.set_range_end(std::move(end));
  const Bytes answer = co_await impl_->members.call("/etcdserverpb.KV/DeleteRange",
                                                    request.SerializeAsString(), Kind::kWrite);
  const auto response = co_await decode<etcdserverpb::DeleteRangeResponse>(answer);
  co_return response.deleted();
}

Task<TxnResult> Client::txn(Txn txn) {
  const Bytes answer =
      co_await impl_->members.call("/etcdserverpb.KV/Txn", to_wire(txn).SerializeAsString(),
                                   only_reads(txn) ? Kind::kRead : Kind::kWrite);
  co_return from_wire(co_await decode<etcdserverpb::TxnResponse>(answer));
}

Task<Lease> Client::grant_lease(Duration time_to_live) {
  etcdserverpb::LeaseGrantRequest request;
  request.set_ttl(std::chrono::ceil<seconds>(time_to_live).count());
  const Bytes answer = co_await impl_->members.call("/etcdserverpb.Lease/LeaseGrant",
                                                    request.SerializeAsString(), Kind::kWrite);
  const auto response = co_await decode<etcdserverpb::LeaseGrantResponse>(answer);
  if (!response.error().empty()) co_return fail(Code::kUnknown, response.error());
  co_return Lease{LeaseId(response.id()), seconds(response.ttl())};
}

Task<Duration> Client::keep_alive_once(LeaseId lease) {
  etcdserverpb::LeaseKeepAliveRequest request;
  request.set_id(lease.value());
  Members& members = impl_->members;
  auto stream =
      co_await members.open("/etcdserverpb.Lease/LeaseKeepAlive", members.request_timeout());
  const auto answer = co_await ask_stream(*stream, request.SerializeAsString());
  if (!answer) co_return fail(Code::kUnavailable, "the server said nothing of the lease");
  const auto response = co_await decode<etcdserverpb::LeaseKeepAliveResponse>(*answer);
  if (response.ttl() <= 0) co_return fail(lease_not_found());
  co_return Duration(seconds(response.ttl()));
}

Task<void> Client::revoke_lease(LeaseId lease) {
  etcdserverpb::LeaseRevokeRequest request;
  request.set_id(lease.value());
  co_await impl_->members.call("/etcdserverpb.Lease/LeaseRevoke", request.SerializeAsString(),
                               Kind::kWrite);
}

std::unique_ptr<Watch> Client::watch(WatchQuery query) {
  return std::make_unique<WatchStream>(impl_->members, std::move(query));
}

std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xFF) end.pop_back();
  if (end.empty()) return std::string(1, '\0');
  ++end.back();
  return end;
}

}  // namespace argosy::etcd_client
