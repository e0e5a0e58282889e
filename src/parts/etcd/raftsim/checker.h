// The checker: hears what every member of a cluster does and says when that is not raft.
//
//   election safety        a term has one leader (thesis figure 3.2)
//   single vote            a member grants one candidate a term, also across restarts
//   log matching           an index and a term name one entry, with one predecessor
//   leader completeness    a leader has all that was committed before
//   state machine safety   an index is committed and applied the same everywhere
//   monotonic commit       a member's commit index does not go back while it runs
//   linearizable reads     a read sees all that was committed when it was asked for
//
// It knows no node, only events, so that tests can tell it wrong histories.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "parts/etcd/raft/types.h"

namespace argosy::etcd::raftsim {

using raft::LogIndex;
using raft::NodeId;
using raft::Term;

class Checker {
 public:
  // An entry came into some log, after one of this term.
  void appended(const raft::Entry& entry, Term previous);
  void vote_granted(NodeId voter, NodeId candidate, Term term);
  // Told whenever it leads; term_at says what its log has, empty for what is not there,
  // from `first` on.
  template <typename TermAt>
  void leads(NodeId id, Term term, LogIndex first, const TermAt& term_at) {
    if (!lead(id, term)) return;
    for (LogIndex i = first; i <= committed_index(); ++i) complete(id, term, i, term_at(i));
  }
  void started(NodeId id) { members_[id] = LogIndex{}; }
  // A member's commit index is this now, and its term.
  template <typename TermAt>
  void commits(NodeId id, Term term, LogIndex index, LogIndex first, const TermAt& term_at) {
    LogIndex& before = members_[id];
    if (index == before) return;
    if (index < before) report("monotonic commit", id, index);
    for (LogIndex i = std::max(first, before + 1); i <= index; ++i) commit(id, term, i, term_at(i));
    before = index;
  }
  // A member's state machine arrived at this index in this way, by entry or by snapshot.
  void applied(NodeId id, LogIndex index, uint64_t digest);
  void read_asked(uint64_t read);
  void read_answered(NodeId id, uint64_t read, LogIndex index);
  // Something else that must not be.
  void report(const std::string& what);

  LogIndex committed_index() const { return LogIndex(committed_.size()); }
  uint64_t reads_answered() const { return reads_answered_; }
  const std::optional<std::string>& violation() const { return violation_; }

 private:
  void report(const char* rule, NodeId id, LogIndex index);
  // True the first time.
  bool lead(NodeId id, Term term);
  void complete(NodeId id, Term term, LogIndex index, std::optional<Term> found);
  void commit(NodeId id, Term term, LogIndex index, std::optional<Term> found);

  struct Committed {
    Term entry_term;
    // Of the leader that committed it, who is the first to tell.
    Term leader_term;
  };
  struct Known {
    uint64_t digest;
    Term previous;
  };

  std::optional<std::string> violation_;
  std::map<Term, NodeId> leaders_;
  std::map<std::pair<NodeId, Term>, NodeId> votes_;
  std::map<std::pair<LogIndex, Term>, Known> entries_;
  // Of index i + 1.
  std::vector<Committed> committed_;
  std::unordered_map<LogIndex, uint64_t> digests_;
  std::map<NodeId, LogIndex> members_;
  std::unordered_map<uint64_t, LogIndex> reads_;
  uint64_t reads_answered_ = 0;
};

}  // namespace argosy::etcd::raftsim
