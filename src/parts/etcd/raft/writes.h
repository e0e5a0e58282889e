// The appends that the owner was given and has not reported, and what of the log is
// durable because of those it has.
//
// Appends take time, and meanwhile the log may be cut off and grown again, even with
// entries that the same append (or one under way) contains at the same index and term
// but that a later append will first cut off on disk. So an append vouches only for the
// part of it that no later change of the log has touched: every cut shortens all that
// are under way, and each report is worth exactly what is left of its append.
#pragma once

#include <deque>

#include "parts/etcd/raft/ready.h"

namespace argosy::etcd::raft {

class Writes {
 public:
  // Everything up to `stable` is durable, and this is the durable hard state.
  Writes(LogIndex stable, HardState hard_state)
      : given_(stable),
        stable_(stable),
        durable_term_(hard_state.term),
        durable_vote_(hard_state.vote) {}

  // The log up to here is on disk, as it is now.
  LogIndex stable() const { return stable_; }
  // The log up to here was given to the owner, as it is now.
  LogIndex given() const { return given_; }
  bool is_under_way() const { return !under_way_.empty(); }
  Term durable_term() const { return durable_term_; }
  NodeId durable_vote() const { return durable_vote_; }

  // Gives the log up to `last`, with this hard state, and perhaps (index not 0) a snapshot.
  AppendId give(LogIndex last, const HardState& hard_state, LogIndex snapshot);
  // The log now differs from what was given, from this index on.
  void cut(LogIndex from);
  // Nothing of the log is left: a snapshot beyond its end replaced it.
  void cut_all();

  // Reports this append and those before it; returns the newest snapshot among them, or 0.
  LogIndex finish(AppendId append);

 private:
  struct Append {
    AppendId id;
    LogIndex last;
    Term term;
    NodeId vote;
    LogIndex snapshot;
  };

  AppendId last_id_;
  LogIndex given_;
  LogIndex stable_;
  Term durable_term_;
  NodeId durable_vote_;
  std::deque<Append> under_way_;
};

}  // namespace argosy::etcd::raft
