// The configuration in force, what is known of each member, and the votes of an election.
#pragma once

#include <map>
#include <string>

#include "parts/etcd/raft/progress.h"
#include "parts/etcd/raft/quorum.h"

namespace argosy::etcd::raft {

// Learners hear everything and decide nothing (thesis 4.2.1). A voter that becomes a
// learner by a joint change still votes in the outgoing half, so it waits in learners_next.
struct Configuration {
  Voters voters;
  IdSet learners;
  IdSet learners_next;
  // The leader leaves the joint configuration by itself.
  bool auto_leave = false;

  bool is_joint() const { return voters.is_joint(); }
  bool operator==(const Configuration&) const = default;
};

// "voters=(1 2 3)&&(1 2) learners=(4) learners_next=(5) autoleave", each if so.
std::string describe(const Configuration& configuration);

// In the order of ids, so that nothing depends on chance.
using ProgressMap = std::map<NodeId, Progress>;

class Tracker {
 public:
  Tracker(uint32_t max_inflight_messages, uint64_t max_inflight_bytes)
      : max_messages_(max_inflight_messages), max_bytes_(max_inflight_bytes) {}

  const Configuration& configuration() const { return configuration_; }
  ConfState conf_state() const;
  // Invariant: who is in the configuration has a progress, and nobody else.
  void replace(Configuration configuration, ProgressMap progress);

  ProgressMap& members() { return progress_; }
  const ProgressMap& members() const { return progress_; }
  // Null for who is not a member.
  Progress* find(NodeId id);
  const Progress* find(NodeId id) const;
  Progress fresh_progress(LogIndex next) const {
    return Progress(next, Inflights(max_messages_, max_bytes_));
  }

  bool is_voter(NodeId id) const { return configuration_.voters.contains(id); }
  bool is_only_voter(NodeId id) const;

  // What a quorum has in its durable logs.
  LogIndex committed() const;
  // Whether a quorum was heard of since the last forget_activity().
  bool is_quorum_active() const;
  void forget_activity(NodeId but);

  void reset_votes() { votes_.clear(); }
  // The first answer counts.
  void record_vote(NodeId id, bool granted) { votes_.try_emplace(id, granted); }
  VoteResult election_result() const;

 private:
  uint32_t max_messages_;
  uint64_t max_bytes_;
  Configuration configuration_;
  ProgressMap progress_;
  std::map<NodeId, bool> votes_;
};

}  // namespace argosy::etcd::raft
