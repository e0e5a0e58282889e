// Generated messages in and out. Private to this folder.
#pragma once

#include <etcd/rpc.pb.h>

#include "io/grpc/server.h"
#include "parts/etcd/member/member.h"

namespace argosy::etcd::rpc {

template <typename Message>
Result<Message> parse(BytesView raw) {
  Message message;
  if (!message.ParseFromArray(raw.data(), static_cast<int>(raw.size()))) {
    return fail(Code::kInternal, "grpc: failed to unmarshal the received message");
  }
  return message;
}

void fill(etcdserverpb::ResponseHeader& to, const wire::Header& header);
void fill(etcdserverpb::Member& to, const membership::Member& member);

using UnaryFunction = Task<Bytes> (*)(member::Member&, const grpc::CallInfo&, BytesView);
void add_unary(grpc::Server& server, member::Member& member, std::string path,
               UnaryFunction handler);

}  // namespace argosy::etcd::rpc
