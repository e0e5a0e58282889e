#include "parts/etcd/raft/conf_change_entry.h"

#include "base/protowire.h"

namespace argosy::etcd::raft {
namespace {

std::unexpected<Error> malformed(const char* what) {
  return fail(Code::kInvalidArgument, what);
}

Result<ConfChangeType> change_type(uint64_t number) {
  if (number > static_cast<uint64_t>(ConfChangeType::kAddLearnerNode)) {
    return malformed("raft: unexpected conf type");
  }
  return static_cast<ConfChangeType>(number);
}

Bytes encode(const ConfChangeSingle& change) {
  Bytes data;
  protowire::Writer out(data);
  out.uint64(1, static_cast<uint64_t>(change.type));
  out.uint64(2, change.node_id.value());
  return data;
}

Result<ConfChangeSingle> decode_single(BytesView data) {
  ConfChangeSingle change;
  protowire::Reader in(data);
  while (in.next()) {
    if (in.field() == 1) change.type = TRY(change_type(in.uint64()));
    if (in.field() == 2) change.node_id = NodeId(in.uint64());
  }
  if (in.failed()) return malformed("raft: malformed ConfChangeSingle");
  return change;
}

}  // namespace

Bytes encode(const ConfChange& change) {
  Bytes data;
  protowire::Writer out(data);
  out.uint64(1, change.id);
  out.uint64(2, static_cast<uint64_t>(change.type));
  out.uint64(3, change.node_id.value());
  if (!change.context.empty()) out.bytes(4, change.context);
  return data;
}

Bytes encode(const ConfChangeV2& change) {
  Bytes data;
  // What leaves a joint configuration is an empty entry.
  if (change == ConfChangeV2{}) return data;
  protowire::Writer out(data);
  out.uint64(1, static_cast<uint64_t>(change.transition));
  for (const ConfChangeSingle& single : change.changes) out.bytes(2, encode(single));
  if (!change.context.empty()) out.bytes(3, change.context);
  return data;
}

Result<ConfChange> decode_conf_change(BytesView data) {
  ConfChange change;
  protowire::Reader in(data);
  while (in.next()) {
    if (in.field() == 1) change.id = in.uint64();
    if (in.field() == 2) change.type = TRY(change_type(in.uint64()));
    if (in.field() == 3) change.node_id = NodeId(in.uint64());
    if (in.field() == 4) change.context = in.bytes();
  }
  if (in.failed()) return malformed("raft: malformed ConfChange");
  return change;
}

Result<ConfChangeV2> decode_conf_change_v2(BytesView data) {
  ConfChangeV2 change;
  protowire::Reader in(data);
  while (in.next()) {
    if (in.field() == 1) {
      const uint64_t number = in.uint64();
      if (number > static_cast<uint64_t>(ConfChangeTransition::kJointExplicit)) {
        return malformed("raft: unknown transition");
      }
      change.transition = static_cast<ConfChangeTransition>(number);
    }
    if (in.field() == 2) change.changes.push_back(TRY(decode_single(in.bytes())));
    if (in.field() == 3) change.context = in.bytes();
  }
  if (in.failed()) return malformed("raft: malformed ConfChangeV2");
  return change;
}

Result<ConfChangeV2> decode_conf_change(const Entry& entry) {
  if (entry.type == EntryType::kConfChangeV2) return decode_conf_change_v2(entry.data.view());
  if (entry.type == EntryType::kConfChange) {
    return as_v2(TRY(decode_conf_change(entry.data.view())));
  }
  return malformed("raft: not a configuration change");
}

ConfChangeV2 as_v2(const ConfChange& change) {
  return ConfChangeV2{
      .changes = {{.type = change.type, .node_id = change.node_id}},
      .context = change.context,
  };
}

}  // namespace argosy::etcd::raft
