#include "parts/etcd/rpc/messages.h"

namespace argosy::etcd::rpc {

void fill(etcdserverpb::ResponseHeader& to, const wire::Header& header) {
  to.set_cluster_id(header.cluster_id);
  to.set_member_id(header.member_id);
  to.set_revision(header.revision);
  to.set_raft_term(header.raft_term);
}

void fill(etcdserverpb::Member& to, const membership::Member& member) {
  to.set_id(member.id);
  to.set_name(member.name);
  for (const std::string& url : member.peer_urls) to.add_peerurls(url);
  for (const std::string& url : member.client_urls) to.add_clienturls(url);
  to.set_islearner(member.is_learner);
}

void add_unary(grpc::Server& server, member::Member& member, std::string path,
               UnaryFunction handler) {
  server.add_unary(std::move(path),
                   [&member, handler](const grpc::CallInfo& info, BytesView request) {
                     return handler(member, info, request);
                   });
}

}  // namespace argosy::etcd::rpc
