#include "parts/etcd/wal/member_metadata.h"

#include "base/protowire.h"

namespace argosy::etcd::wal {

Bytes encode_member_metadata(const MemberMetadata& metadata) {
  Bytes out;
  protowire::Writer writer(out);
  writer.uint64(1, metadata.node_id.value());
  writer.uint64(2, metadata.cluster_id);
  return out;
}

Result<MemberMetadata> decode_member_metadata(BytesView bytes) {
  MemberMetadata metadata;
  protowire::Reader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        metadata.node_id = raft::NodeId(in.uint64());
        break;
      case 2:
        metadata.cluster_id = in.uint64();
        break;
      default:
        break;
    }
  }
  if (in.failed()) return fail(Code::kInvalidArgument, "etcdserverpb.Metadata: damaged message");
  return metadata;
}

}  // namespace argosy::etcd::wal
