// What raft talks about, as plain values: ids, entries, hard state, configuration,
// snapshots and messages. Field names follow the Raft thesis (Ongaro 2014) and the
// original's raftpb; the wire form is raftpb's business, not ours.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "base/shared_bytes.h"

namespace argosy::etcd::raft {

using Term = Distinct<struct TermTag>;
using LogIndex = Distinct<struct LogIndexTag>;
using NodeId = Distinct<struct NodeIdTag>;

// Nobody: no leader, no vote.
inline constexpr NodeId kNoNode{0};

enum class EntryType : uint8_t { kNormal = 0, kConfChange = 1, kConfChangeV2 = 2 };

struct Entry {
  EntryType type = EntryType::kNormal;
  Term term;
  LogIndex index;
  SharedBytes data;

  bool operator==(const Entry&) const = default;
};

// What must be on disk before a member answers in a term.
struct HardState {
  Term term;
  NodeId vote;
  LogIndex commit;

  bool operator==(const HardState&) const = default;
  bool is_empty() const { return *this == HardState{}; }
};

// The members of a configuration; voters_outgoing is not empty in a joint one.
struct ConfState {
  std::vector<NodeId> voters;
  std::vector<NodeId> learners;
  std::vector<NodeId> voters_outgoing;
  std::vector<NodeId> learners_next;
  bool auto_leave = false;

  bool operator==(const ConfState&) const = default;
};

struct SnapshotMetadata {
  ConfState conf_state;
  LogIndex index;
  Term term;

  bool operator==(const SnapshotMetadata&) const = default;
};

// The state machine's bytes are opaque here; index 0 means "no snapshot".
struct Snapshot {
  SharedBytes data;
  SnapshotMetadata metadata;

  bool operator==(const Snapshot&) const = default;
  bool is_empty() const { return metadata.index == LogIndex{}; }
};

enum class ConfChangeType : uint8_t {
  kAddNode = 0,
  kRemoveNode = 1,
  kUpdateNode = 2,
  kAddLearnerNode = 3,
};

// One change, as carried by an entry of type kConfChange.
struct ConfChange {
  uint64_t id = 0;
  ConfChangeType type = ConfChangeType::kAddNode;
  NodeId node_id;
  Bytes context;

  bool operator==(const ConfChange&) const = default;
};

struct ConfChangeSingle {
  ConfChangeType type = ConfChangeType::kAddNode;
  NodeId node_id;

  bool operator==(const ConfChangeSingle&) const = default;
};

enum class ConfChangeTransition : uint8_t { kAuto = 0, kJointImplicit = 1, kJointExplicit = 2 };

// Several changes at once, through a joint configuration where needed. No changes
// and an auto transition: leave the joint configuration.
struct ConfChangeV2 {
  ConfChangeTransition transition = ConfChangeTransition::kAuto;
  std::vector<ConfChangeSingle> changes;
  Bytes context;

  bool operator==(const ConfChangeV2&) const = default;
};

// The numbers are raftpb.MessageType's.
enum class MessageType : uint8_t {
  kHup = 0,
  kBeat = 1,
  kProp = 2,
  kApp = 3,
  kAppResp = 4,
  kVote = 5,
  kVoteResp = 6,
  kSnap = 7,
  kHeartbeat = 8,
  kHeartbeatResp = 9,
  kUnreachable = 10,
  kSnapStatus = 11,
  kCheckQuorum = 12,
  kTransferLeader = 13,
  kTimeoutNow = 14,
  kReadIndex = 15,
  kReadIndexResp = 16,
  kPreVote = 17,
  kPreVoteResp = 18,
};

struct Message {
  MessageType type = MessageType::kHup;
  NodeId to;
  NodeId from;
  Term term;
  Term log_term;
  LogIndex index;
  std::vector<Entry> entries;
  LogIndex commit;
  std::optional<Snapshot> snapshot;
  bool reject = false;
  LogIndex reject_hint;
  Bytes context;

  bool operator==(const Message&) const = default;
};

}  // namespace argosy::etcd::raft
