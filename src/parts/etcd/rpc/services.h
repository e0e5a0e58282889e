// The v3 API on a member: each add_ function puts one gRPC service into the table.
// Handlers run on the member's loop and live shorter than the member.
#pragma once

#include "io/grpc/server.h"
#include "parts/etcd/member/member.h"

namespace argosy::etcd::rpc {

void add_kv(grpc::Server& server, member::Member& member);
void add_watch(grpc::Server& server, member::Member& member, Random& random);
void add_lease(grpc::Server& server, member::Member& member);
void add_cluster(grpc::Server& server, member::Member& member);
void add_maintenance(grpc::Server& server, member::Member& member);
void add_health(grpc::Server& server);

// Messages that a client may send: requests and some room for the frame.
inline constexpr size_t kReceiveOverhead = 512 * 1024;

}  // namespace argosy::etcd::rpc
