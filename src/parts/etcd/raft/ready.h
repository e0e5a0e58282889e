// What a Node asks of its owner, and what it tells about itself.
#pragma once

#include <optional>
#include <vector>

#include "parts/etcd/raft/types.h"

namespace argosy::etcd::raft {

enum class Role : uint8_t { kFollower, kCandidate, kLeader, kPreCandidate };
// "follower", "candidate", "leader", "pre-candidate".
const char* role_name(Role role);

// What is not on disk.
struct SoftState {
  NodeId leader;
  Role role = Role::kFollower;

  bool operator==(const SoftState&) const = default;
};

// A read with this context may be answered from a state that has applied `index`.
struct ReadState {
  LogIndex index;
  Bytes context;

  bool operator==(const ReadState&) const = default;
};

// Numbers the appends of one Node in the order of its Readies; 0 is none.
using AppendId = Distinct<struct AppendIdTag>;

// One bundle of work. The fields are independent unless said otherwise.
struct Ready {
  // When it changed.
  std::optional<SoftState> soft_state;

  // The append: to be written in the order of the Readies. First the snapshot (which
  // replaces the whole log and the state machine), then the entries (the first one cuts
  // off whatever the log holds at its index and above), then the hard state. must_sync:
  // report it by Node::appended() only when it is durable; without, when it was handed
  // to the system. Even an append with nothing to write is reported in its turn.
  AppendId append;
  std::optional<Snapshot> snapshot;
  std::vector<Entry> entries;
  std::optional<HardState> hard_state;
  bool must_sync = false;
  // To be sent only when the append has been reported (before or after the report).
  std::vector<Message> messages_after_append;

  // To be sent at once, in any order, each perhaps never.
  std::vector<Message> messages;
  // To be applied in order; all are durable here. Reported by Node::applied().
  std::vector<Entry> committed_entries;
  std::vector<ReadState> read_states;
  // Followers that need a snapshot: answer each, some time, with Node::snapshot_message()
  // or, if there can be none, with Node::report_snapshot(id, false).
  std::vector<NodeId> snapshots_wanted;

  bool has_append() const { return append != AppendId{}; }
};

// A leader's view of one member.
enum class ProgressState : uint8_t { kProbe, kReplicate, kSnapshot };
// "probe", "replicate", "snapshot".
const char* progress_state_name(ProgressState state);

struct MemberProgress {
  NodeId id;
  LogIndex match;
  LogIndex next;
  // Index of the snapshot on its way, 0 if none (or none yet).
  LogIndex pending_snapshot;
  ProgressState state = ProgressState::kProbe;
  bool is_learner = false;
  bool is_recently_active = false;
  bool is_paused = false;
  uint32_t inflight_messages = 0;
};

struct Status {
  NodeId id;
  // As it is now, perhaps not durable.
  HardState hard_state;
  SoftState soft_state;
  LogIndex applied;
  LogIndex first_index;
  LogIndex last_index;
  // Everything up to here is durable.
  LogIndex stable_index;
  NodeId lead_transferee;
  // In order of id; empty unless leader.
  std::vector<MemberProgress> progress;
};

}  // namespace argosy::etcd::raft
