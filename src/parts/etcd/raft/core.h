// Core: the protocol behind Node. Its parts are a file each:
//   core.cc         start, ticks, terms: what holds in every role
//   election.cc     roles, campaigns, votes (thesis 3.4, 9.6)
//   replication.cc  what a leader sends, and the answers (3.5, 10.2)
//   leader.cc       proposals, handing over (3.10), other requests to a leader
//   reading.cc      reads without the log (6.4)
//   follower.cc     entries, heartbeats and snapshots from a leader; passing requests on
//   membership.cc   configuration changes (chapter 4)
//   readiness.cc    what the owner gets, and what its reports mean
//
// Where this differs from the original's protocol, on the safe side and invisible to peers:
//   - requests for votes leave only when our own vote for us is durable: otherwise a crash
//     could make us lead the same term twice with two different logs;
//   - a single voter too answers reads only after its first commit of the term;
//   - a refused candidate is told what is committed: its configuration may be too old to
//     win, and the one who could lead it on may have been removed;
//   - a lease counts from when the heartbeat left, not from when an answer came, and not
//     while a transfer may have set another candidate free of it.
#pragma once

#include "parts/etcd/raft/conf_change.h"
#include "parts/etcd/raft/log.h"
#include "parts/etcd/raft/node.h"
#include "parts/etcd/raft/reads.h"
#include "parts/etcd/raft/tracker.h"

namespace argosy::etcd::raft {

enum class Campaign : uint8_t { kPreVote, kVote, kTransfer };

// The context of votes asked for by a transfer's campaign; interface with peers.
inline constexpr BytesView kTransferContext = "CampaignTransfer";

class Core {
 public:
  static Result<std::unique_ptr<Core>> create(const Config& config, RestoredState state);
  Core(const Config& config, Log log);

  void bootstrap(std::span<const Peer> peers);
  void tick();
  Result<void> step(Message message);

  // election.cc
  void campaign();
  void forget_leader();

  // leader.cc, replication.cc, reading.cc
  Result<LogIndex> propose(std::vector<Entry> entries);
  Result<void> read_index(Bytes context);
  void transfer_leader(NodeId to);
  void report_unreachable(NodeId id);
  void report_snapshot(NodeId id, bool ok);
  std::optional<Message> snapshot_message(NodeId to, Snapshot snapshot);

  // readiness.cc
  bool has_ready() const;
  Ready take_ready();
  void appended(AppendId append);
  void applied(LogIndex index);

  // membership.cc
  Result<ConfState> apply_conf_change(LogIndex index, const ConfChangeV2& change);

  void compact(LogIndex index) { log_.compact(index); }

  NodeId id() const { return config_.id; }
  Term term() const { return term_; }
  Role role() const { return role_; }
  NodeId leader() const { return leader_; }
  const Log& log() const { return log_; }
  const Tracker& tracker() const { return tracker_; }
  Status status() const;

 private:
  // core.cc
  Result<void> restore(const RestoredState& state);
  void tick_follower();
  void tick_leader();
  void reset(Term term);
  HardState hard_state() const { return {term_, vote_, log_.committed()}; }
  SoftState soft_state() const { return {leader_, role_}; }
  uint64_t random();
  // Whether to go on with a message, now that its term is ours.
  bool meet_term(const Message& message);
  bool meet_higher_term(const Message& message);
  void meet_lower_term(const Message& message);
  Result<void> step_in_role(Message message);
  void send(Message message);
  void send_after_append(Message message);
  Message addressed(Message message) const;

  // election.cc
  void become_follower(Term term, NodeId leader);
  void become_pre_candidate();
  void become_candidate();
  void become_leader();
  void hup(Campaign campaign);
  void start(Campaign campaign);
  void ask_for_votes(Campaign campaign);
  void record_vote(NodeId id, bool granted);
  bool is_promotable() const;
  bool is_in_lease() const;
  void answer_vote(const Message& message);
  void learn_commit(const Message& refusal);
  Result<void> step_candidate(Message message);

  // leader.cc
  Result<void> step_leader(Message message);
  Result<void> refuse_proposal() const;
  Result<LogIndex> forward_proposal(std::vector<Entry> entries);
  // Turns untimely configuration changes into empty entries.
  Result<void> screen_conf_changes(std::vector<Entry>& entries);
  bool is_timely(bool leaves_joint) const;
  Result<LogIndex> append_proposed(std::vector<Entry> entries);
  void append_own(Entry entry);
  void check_quorum();
  void start_transfer(NodeId to, Progress& progress);
  void send_timeout_now(NodeId to);
  void abort_transfer();

  // replication.cc
  void want_append(Progress& progress, AppendDue due);
  void want_append_to_all(AppendDue due);
  void flush_heartbeats();
  void flush_appends();
  bool send_append(NodeId to, Progress& progress, AppendDue due);
  void want_snapshot(NodeId to, Progress& progress);
  bool maybe_commit();
  void handle_append_response(const Message& message, Progress& progress);
  void handle_rejection(const Message& message, Progress& progress);
  void handle_heartbeat_response(const Message& message, Progress& progress);

  // reading.cc
  void handle_read_index(ReadRequest request);
  void confirm_reads();
  void release_waiting_reads();
  void answer_read(ReadRequest request);
  bool holds_lease() const;
  bool has_committed_in_term() const { return log_.term_at(log_.committed()) == term_; }

  // follower.cc
  Result<void> step_follower(Message message);
  Result<void> follow(Message message);
  Result<void> handle_append(Message message);
  Result<void> handle_heartbeat(const Message& message);
  Result<void> handle_snapshot(Message message);
  Result<bool> restore_from(Snapshot snapshot);

  // membership.cc
  void switch_to(Membership membership);
  void maybe_leave_joint();

  const Config config_;

  Term term_;
  NodeId vote_;
  Role role_ = Role::kFollower;
  NodeId leader_;
  Log log_;
  Tracker tracker_;

  // What the configuration came with: a snapshot's index, else 0.
  LogIndex conf_index_;

  // Of a leader.
  NodeId lead_transferee_;
  // A transfer has told somebody to campaign in spite of our lease.
  bool is_lease_void_ = false;
  // No configuration change may be proposed before this entry is applied.
  LogIndex pending_conf_index_;
  uint64_t uncommitted_size_ = 0;
  Reads reads_;
  // Until an entry of the term is committed, nobody knows what is.
  std::vector<ReadRequest> waiting_reads_;
  bool is_heartbeat_due_ = false;

  // Ticks since we heard of the leader, or since the last quorum check of our own.
  uint32_t election_elapsed_ = 0;
  uint32_t heartbeat_elapsed_ = 0;
  uint32_t election_timeout_ = 0;
  uint64_t ticks_ = 0;
  uint64_t random_state_;

  // For the owner.
  std::vector<Message> messages_;
  std::vector<Message> messages_after_append_;
  std::vector<ReadState> read_states_;
  std::vector<NodeId> snapshots_wanted_;
  HardState given_hard_state_;
  SoftState given_soft_state_;
};

}  // namespace argosy::etcd::raft
