#include "parts/etcd/raftpb/fields.h"
#include "parts/etcd/raftpb/raftpb.h"

namespace argosy::etcd::raftpb {
namespace {

using raft::LogIndex;
using raft::NodeId;
using raft::Term;

Result<void> read_entry(BytesView bytes, raft::Entry& entry) {
  Fields in("raftpb.Entry", bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        entry.type = in.enumerator(raft::EntryType::kConfChangeV2);
        break;
      case 2:
        entry.term = Term(in.number());
        break;
      case 3:
        entry.index = LogIndex(in.number());
        break;
      case 4:
        entry.data = SharedBytes(Bytes(in.bytes()));
        break;
      default:
        break;
    }
  }
  return in.end();
}

Result<void> read_hard_state(BytesView bytes, raft::HardState& state) {
  Fields in("raftpb.HardState", bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        state.term = Term(in.number());
        break;
      case 2:
        state.vote = NodeId(in.number());
        break;
      case 3:
        state.commit = LogIndex(in.number());
        break;
      default:
        break;
    }
  }
  return in.end();
}

Result<void> read_conf_state(BytesView bytes, raft::ConfState& state) {
  Fields in("raftpb.ConfState", bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        in.append_numbers(state.voters);
        break;
      case 2:
        in.append_numbers(state.learners);
        break;
      case 3:
        in.append_numbers(state.voters_outgoing);
        break;
      case 4:
        in.append_numbers(state.learners_next);
        break;
      case 5:
        state.auto_leave = in.boolean();
        break;
      default:
        break;
    }
  }
  return in.end();
}

Result<void> read_snapshot_metadata(BytesView bytes, raft::SnapshotMetadata& metadata) {
  Fields in("raftpb.SnapshotMetadata", bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        in.merge(metadata.conf_state, read_conf_state);
        break;
      case 2:
        metadata.index = LogIndex(in.number());
        break;
      case 3:
        metadata.term = Term(in.number());
        break;
      default:
        break;
    }
  }
  return in.end();
}

Result<void> read_snapshot(BytesView bytes, raft::Snapshot& snapshot) {
  Fields in("raftpb.Snapshot", bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        snapshot.data = SharedBytes(Bytes(in.bytes()));
        break;
      case 2:
        in.merge(snapshot.metadata, read_snapshot_metadata);
        break;
      default:
        break;
    }
  }
  return in.end();
}

void append_entry(Fields& in, std::vector<raft::Entry>& entries) {
  if (entries.size() == kMaxEntriesPerMessage) return in.refuse("too many entries");
  in.merge(entries.emplace_back(), read_entry);
}

Result<void> read_message(BytesView bytes, raft::Message& message) {
  Fields in("raftpb.Message", bytes);
  raft::Snapshot snapshot;
  while (in.next()) {
    switch (in.field()) {
      case 1:
        message.type = in.enumerator(raft::MessageType::kPreVoteResp);
        break;
      case 2:
        message.to = NodeId(in.number());
        break;
      case 3:
        message.from = NodeId(in.number());
        break;
      case 4:
        message.term = Term(in.number());
        break;
      case 5:
        message.log_term = Term(in.number());
        break;
      case 6:
        message.index = LogIndex(in.number());
        break;
      case 7:
        append_entry(in, message.entries);
        break;
      case 8:
        message.commit = LogIndex(in.number());
        break;
      case 9:
        in.merge(snapshot, read_snapshot);
        break;
      case 10:
        message.reject = in.boolean();
        break;
      case 11:
        message.reject_hint = LogIndex(in.number());
        break;
      case 12:
        message.context = Bytes(in.bytes());
        break;
      default:
        break;
    }
  }
  if (snapshot != raft::Snapshot{}) message.snapshot = std::move(snapshot);
  return in.end();
}

Result<void> read_conf_change(BytesView bytes, raft::ConfChange& change) {
  Fields in("raftpb.ConfChange", bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        change.id = in.number();
        break;
      case 2:
        change.type = in.enumerator(raft::ConfChangeType::kAddLearnerNode);
        break;
      case 3:
        change.node_id = NodeId(in.number());
        break;
      case 4:
        change.context = Bytes(in.bytes());
        break;
      default:
        break;
    }
  }
  return in.end();
}

Result<void> read_conf_change_single(BytesView bytes, raft::ConfChangeSingle& change) {
  Fields in("raftpb.ConfChangeSingle", bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        change.type = in.enumerator(raft::ConfChangeType::kAddLearnerNode);
        break;
      case 2:
        change.node_id = NodeId(in.number());
        break;
      default:
        break;
    }
  }
  return in.end();
}

Result<void> read_conf_change_v2(BytesView bytes, raft::ConfChangeV2& change) {
  Fields in("raftpb.ConfChangeV2", bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        change.transition = in.enumerator(raft::ConfChangeTransition::kJointExplicit);
        break;
      case 2:
        in.merge(change.changes.emplace_back(), read_conf_change_single);
        break;
      case 3:
        change.context = Bytes(in.bytes());
        break;
      default:
        break;
    }
  }
  return in.end();
}

template <typename Value>
Result<Value> decode(BytesView bytes, Result<void> (*read)(BytesView, Value&)) {
  Value value;
  TRY(read(bytes, value));
  return value;
}

}  // namespace

Result<raft::Entry> decode_entry(BytesView bytes) {
  return decode(bytes, read_entry);
}
Result<raft::HardState> decode_hard_state(BytesView bytes) {
  return decode(bytes, read_hard_state);
}
Result<raft::ConfState> decode_conf_state(BytesView bytes) {
  return decode(bytes, read_conf_state);
}
Result<raft::SnapshotMetadata> decode_snapshot_metadata(BytesView bytes) {
  return decode(bytes, read_snapshot_metadata);
}
Result<raft::Snapshot> decode_snapshot(BytesView bytes) {
  return decode(bytes, read_snapshot);
}
Result<raft::Message> decode_message(BytesView bytes) {
  return decode(bytes, read_message);
}
Result<raft::ConfChange> decode_conf_change(BytesView bytes) {
  return decode(bytes, read_conf_change);
}
Result<raft::ConfChangeV2> decode_conf_change_v2(BytesView bytes) {
  return decode(bytes, read_conf_change_v2);
}

}  // namespace argosy::etcd::raftpb
