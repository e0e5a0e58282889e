// Our types to and from etcdserverpb's messages. Private to this folder.
#pragma once

#include <etcd/rpc.pb.h>

#include "base/format.h"
#include "base/result.h"
#include "lib/etcd_client/types.h"

namespace argosy::etcd_client {

KeyValue from_wire(const mvccpb::KeyValue& kv);
Event from_wire(const mvccpb::Event& event);
GetResult from_wire(const etcdserverpb::RangeResponse& response);
TxnResult from_wire(const etcdserverpb::TxnResponse& response);
etcdserverpb::RangeRequest to_wire(const GetQuery& query);
etcdserverpb::TxnRequest to_wire(const Txn& txn);

template <typename Message>
Result<Message> decode(const std::string& bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return fail(Code::kDataLoss, format("a {} cannot be read", message.GetTypeName()));
  }
  return message;
}

}  // namespace argosy::etcd_client
