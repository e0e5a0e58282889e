// etcdserverpb.Cluster. Its headers carry no revision.
#include "parts/etcd/rpc/admission.h"
#include "parts/etcd/rpc/messages.h"
#include "parts/etcd/rpc/services.h"

namespace argosy::etcd::rpc {
namespace {

using grpc::CallInfo;
using member::Member;

wire::Header cluster_header(const Member& member) {
  return {member.cluster_id(), member.id(), 0, member.term()};
}

template <typename Response>
void fill_members(Response& response, const Member& member, const membership::Members& members) {
  fill(*response.mutable_header(), cluster_header(member));
  for (const auto& [id, listed] : members) fill(*response.add_members(), listed);
}

template <typename Response>
void fill_members(Response& response, const Member& member) {
  fill_members(response, member, member.cluster().members());
}

std::vector<std::string> to_vector(const google::protobuf::RepeatedPtrField<std::string>& urls) {
  return {urls.begin(), urls.end()};
}

Task<Bytes> add(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const auto request = co_await parse<etcdserverpb::MemberAddRequest>(raw);
  const membership::Member added =
      co_await member.add_member(to_vector(request.peerurls()), request.islearner());
  etcdserverpb::MemberAddResponse response;
  fill(*response.mutable_member(), added);
  fill_members(response, member);
  co_return response.SerializeAsString();
}

Task<Bytes> remove(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const auto request = co_await parse<etcdserverpb::MemberRemoveRequest>(raw);
  co_await member.remove_member(request.id());
  etcdserverpb::MemberRemoveResponse response;
  fill_members(response, member);
  co_return response.SerializeAsString();
}

Task<Bytes> update(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const auto request = co_await parse<etcdserverpb::MemberUpdateRequest>(raw);
  co_await member.update_member(request.id(), to_vector(request.peerurls()));
  etcdserverpb::MemberUpdateResponse response;
  fill_members(response, member);
  co_return response.SerializeAsString();
}

Task<Bytes> promote(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const auto request = co_await parse<etcdserverpb::MemberPromoteRequest>(raw);
  const membership::Members members = co_await member.promote_member(request.id());
  etcdserverpb::MemberPromoteResponse response;
  fill_members(response, member, members);
  co_return response.SerializeAsString();
}

Task<Bytes> list(Member& member, const CallInfo& info, BytesView) {
  co_await admit(info, member);
  etcdserverpb::MemberListResponse response;
  fill_members(response, member);
  co_return response.SerializeAsString();
}

}  // namespace

void add_cluster(grpc::Server& server, Member& member) {
  add_unary(server, member, "/etcdserverpb.Cluster/MemberAdd", add);
  add_unary(server, member, "/etcdserverpb.Cluster/MemberRemove", remove);
  add_unary(server, member, "/etcdserverpb.Cluster/MemberUpdate", update);
  add_unary(server, member, "/etcdserverpb.Cluster/MemberPromote", promote);
  add_unary(server, member, "/etcdserverpb.Cluster/MemberList", list);
}

}  // namespace argosy::etcd::rpc
