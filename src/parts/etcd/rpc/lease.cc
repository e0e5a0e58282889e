// etcdserverpb.Lease.
#include <etcd/rpc.pb.h>

#include "parts/etcd/error/errors.h"
#include "parts/etcd/rpc/admission.h"
#include "parts/etcd/rpc/messages.h"
#include "parts/etcd/rpc/services.h"

namespace argosy::etcd::rpc {
namespace {

using grpc::CallInfo;
using grpc::ServerStream;
using member::Member;

Task<Bytes> grant(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const auto request = co_await parse<etcdserverpb::LeaseGrantRequest>(raw);
  const apply::LeaseGrant wanted{request.ttl(),
                                 request.id() == 0 ? member.new_lease_id() : request.id()};
  if (member.is_near_quota() &&
      apply::is_over_quota({0, wanted}, member.backend().size(), member.quota())) {
    member.raise_no_space();
    co_return fail(error::no_space());
  }
  const apply::Response response =
      co_await member.propose(apply::kLeaseGrantField, apply::encode(wanted));
  const auto& granted = std::get<lease::Granted>(response);
  etcdserverpb::LeaseGrantResponse answer;
  fill(*answer.mutable_header(), member.header());
  answer.set_id(granted.id.value());
  answer.set_ttl(granted.ttl);
  co_return answer.SerializeAsString();
}

Task<Bytes> revoke(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const auto request = co_await parse<etcdserverpb::LeaseRevokeRequest>(raw);
  const apply::Response response = co_await member.propose(
      apply::kLeaseRevokeField, apply::encode(apply::LeaseRevoke{request.id()}));
  wire::Header header = member.header();
  header.revision = std::get<apply::LeaseRevoked>(response).revision;
  co_return wire::encode_header_only(header);
}

Task<void> keep_alive(Member& member, ServerStream& stream) {
  while (std::optional<Bytes> message = co_await stream.read()) {
    const auto request = co_await parse<etcdserverpb::LeaseKeepAliveRequest>(*message);
    etcdserverpb::LeaseKeepAliveResponse answer;
    // Filled before the renewal, so that the revision is not newer than the lease.
    fill(*answer.mutable_header(), member.header());
    answer.set_id(request.id());
    const auto ttl = co_await result(member.renew_lease(request.id()));
    if (ttl) {
      answer.set_ttl(*ttl);
    } else if (ttl.error().code() != Code::kNotFound) {
      co_await failure(ttl.error());
    }
    stream.write(answer.SerializeAsString());
    co_await stream.writable();
  }
}

Task<void> keep_alive_stream(Member& member, ServerStream& stream) {
  co_await admit(stream.info(), member);
  co_await while_led(member, stream.info(), keep_alive(member, stream));
}

Task<Bytes> time_to_live(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const auto request = co_await parse<etcdserverpb::LeaseTimeToLiveRequest>(raw);
  etcdserverpb::LeaseTimeToLiveResponse answer;
  answer.set_id(request.id());
  const auto found = co_await result(member.lease_time_to_live(request.id(), request.keys()));
  if (found) {
    answer.set_ttl(found->remaining);
    answer.set_grantedttl(found->granted_ttl);
    for (const Bytes& key : found->keys) answer.add_keys(key);
  } else if (found.error().code() == Code::kNotFound) {
    answer.set_ttl(-1);
  } else {
    co_return fail(found.error());
  }
  fill(*answer.mutable_header(), member.header());
  co_return answer.SerializeAsString();
}

Task<Bytes> leases(Member& member, const CallInfo& info, BytesView) {
  co_await admit(info, member);
  etcdserverpb::LeaseLeasesResponse answer;
  fill(*answer.mutable_header(), member.header());
  for (const lease::LeaseId id : member.state().lessor().list()) {
    answer.add_leases()->set_id(id.value());
  }
  co_return answer.SerializeAsString();
}

}  // namespace

void add_lease(grpc::Server& server, Member& member) {
  add_unary(server, member, "/etcdserverpb.Lease/LeaseGrant", grant);
  add_unary(server, member, "/etcdserverpb.Lease/LeaseRevoke", revoke);
  add_unary(server, member, "/etcdserverpb.Lease/LeaseTimeToLive", time_to_live);
  add_unary(server, member, "/etcdserverpb.Lease/LeaseLeases", leases);
  server.add_stream("/etcdserverpb.Lease/LeaseKeepAlive", grpc::CallKind::kBidiStream,
                    [&member](ServerStream& stream) { return keep_alive_stream(member, stream); });
}

}  // namespace argosy::etcd::rpc
