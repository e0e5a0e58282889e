// Configuration changes as entry data: raftpb.ConfChange in entries of type kConfChange,
// raftpb.ConfChangeV2 in those of kConfChangeV2 (proto2: ConfChange's numbers are always
// written, as every member must write the same bytes).
#pragma once

#include "base/result.h"
#include "parts/etcd/raft/types.h"

namespace argosy::etcd::raft {

Bytes encode(const ConfChange& change);
Bytes encode(const ConfChangeV2& change);

// InvalidArgument when the bytes are no such message. Unknown fields are skipped.
Result<ConfChange> decode_conf_change(BytesView data);
Result<ConfChangeV2> decode_conf_change_v2(BytesView data);
// Of an entry of either type, as apply_conf_change() wants it. The entry's data may be
// empty: that leaves the joint configuration.
Result<ConfChangeV2> decode_conf_change(const Entry& entry);

// A single change as one of several.
ConfChangeV2 as_v2(const ConfChange& change);

}  // namespace argosy::etcd::raft
