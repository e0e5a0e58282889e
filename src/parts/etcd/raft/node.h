// Node: one member's raft, as a state machine without clock, disk, network or
// randomness (Ongaro, "Consensus: Bridging Theory and Practice", 2014). Messages,
// ticks and requests go in; Readies come out.
//
// The owner's loop: feed the node; while has_ready(), take_ready() and act on it as
// ready.h says. A Ready may be taken at any time, also while earlier appends are being
// written and earlier entries being applied; appended() and applied() report those.
// Two promises make that safe: appends become durable in the order of their Readies,
// and a crash keeps of them a prefix.
//
// Nothing here blocks or fails but where a Result says so. One thread owns a node.
//
// On memory: the log, from compact()'s index on, lives here. Entry data is shared
// between log, messages and Readies, never copied.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "parts/etcd/raft/config.h"
#include "parts/etcd/raft/ready.h"
#include "parts/etcd/raft/types.h"

namespace argosy::etcd::raft {

class Core;

// What a member knows when it starts. A new one knows nothing, or gets bootstrap()ped.
struct RestoredState {
  // Its commit index may be behind `applied`.
  HardState hard_state;
  // As of `applied`.
  ConfState conf_state;
  // Where the log begins: the entry before entries.front(); both 0 for a whole log.
  LogIndex compacted_index;
  Term compacted_term;
  std::vector<Entry> entries;
  // What the state machine holds already; at least compacted_index.
  LogIndex applied;
};

// A member of a cluster that is about to exist.
struct Peer {
  NodeId id;
  // Goes into the ConfChange that adds it.
  Bytes context;
};

class Node {
 public:
  // InvalidArgument for the configuration, DataLoss for a state that contradicts itself.
  static Result<Node> create(const Config& config, RestoredState state);
  Node(Node&&) noexcept;
  Node& operator=(Node&&) noexcept;
  ~Node();

  // On a node that knows nothing: begins the log at term 1 with one committed ConfChange
  // a peer, the same on every member, and makes them the configuration at once.
  void bootstrap(std::span<const Peer> peers);

  // One unit of the owner's time.
  void tick();

  // A message from a peer. InvalidArgument: not one that peers send, or a response from
  // none of ours; it was ignored. Unavailable and ResourceExhausted: a dropped proposal.
  // DataLoss: the sender's log and ours contradict what was committed; stop the member.
  Result<void> step(Message message);

  // Starts an election, perhaps with a pre-vote. Nothing happens on a leader, a learner,
  // or while committed configuration changes wait to be applied.
  void campaign();

  // Adds an entry to the log if this is the leader and returns its index; on a follower
  // passes it on to the leader, perhaps in vain, and returns 0. Errors are those of
  // is_proposal_dropped(). Proposals made between two Readies travel together.
  Result<LogIndex> propose(SharedBytes data);
  // All or none; the index of the first.
  Result<LogIndex> propose(std::span<const SharedBytes> batch);
  // As propose(). An untimely change (another is not yet applied, or it does not fit the
  // joint or simple configuration) becomes an empty entry of type kNormal in the log.
  Result<LogIndex> propose_conf_change(const ConfChange& change);
  Result<LogIndex> propose_conf_change(const ConfChangeV2& change);

  // Asks for a ReadState with this context, which is unique and not empty; followers ask
  // their leader. Unavailable when there is none. The answer may get lost: ask again.
  Result<void> read_index(Bytes context);

  // Asks the leader, perhaps us, to hand over to a voter; given up after an election
  // timeout. Proposals are dropped meanwhile.
  void transfer_leader(NodeId to);
  // A follower forgets its leader, as if its lease had run out; not with ReadOnlyOption::kLease.
  void forget_leader();

  // The last messages to this peer were likely lost.
  void report_unreachable(NodeId id);
  // What became of the snapshot that this peer needs. Success may go unreported: the
  // follower's answer says it too.
  void report_snapshot(NodeId id, bool ok);
  // The message that carries a snapshot to a member named in Ready::snapshots_wanted, to be
  // sent now. Its metadata are those of an applied state, preferably the newest. Nothing
  // when the member needs it no longer, or we no longer lead.
  std::optional<Message> snapshot_message(NodeId to, Snapshot snapshot);

  // Whether take_ready() would bring something.
  bool has_ready() const;
  Ready take_ready();
  // The append of that Ready, and all before it, are done. If it had a snapshot, the
  // owner's state machine has been replaced by it too.
  void appended(AppendId append);
  // All entries up to here are applied, and configuration changes among them went through
  // apply_conf_change().
  void applied(LogIndex index);

  // Makes a committed change real, when its entry (of this index) is applied and in that order.
  // For a change that the owner refuses, pass one whose changes name kNoNode. Returns the
  // configuration. A change from before the newest snapshot from a leader is history: it
  // changes nothing. InvalidArgument: the change does not fit and was not made; with
  // validate_conf_changes on all members this is a programmer's error.
  Result<ConfState> apply_conf_change(LogIndex index, const ConfChangeV2& change);

  // Forgets the log up to and including this index, which must be applied. Members that
  // still need it get a snapshot.
  void compact(LogIndex index);

  NodeId id() const;
  Term term() const;
  NodeId leader() const;
  Role role() const;
  LogIndex committed() const;
  LogIndex applied() const;
  LogIndex first_index() const;
  LogIndex last_index() const;
  // Empty when it is compacted away (but for the last compacted one) or beyond the end.
  std::optional<Term> term_at(LogIndex index) const;
  // As of the last applied change.
  ConfState conf_state() const;
  Status status() const;

 private:
  explicit Node(std::unique_ptr<Core> core);

  std::unique_ptr<Core> core_;
};

// Whether propose() refused because there is no leader, it is handing over, it is us but
// removed (all Unavailable), or too much is uncommitted (ResourceExhausted). The text is
// "raft proposal dropped".
bool is_proposal_dropped(const Error& error);

}  // namespace argosy::etcd::raft
