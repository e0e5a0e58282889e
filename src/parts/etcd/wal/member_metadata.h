// Whose log it is: etcdserverpb.Metadata, the content of the log's metadata record.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "parts/etcd/raft/types.h"

namespace argosy::etcd::wal {

struct MemberMetadata {
  raft::NodeId node_id;
  uint64_t cluster_id = 0;

  bool operator==(const MemberMetadata&) const = default;
};

Bytes encode_member_metadata(const MemberMetadata& metadata);
Result<MemberMetadata> decode_member_metadata(BytesView bytes);

}  // namespace argosy::etcd::wal
