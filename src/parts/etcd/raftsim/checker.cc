#include "parts/etcd/raftsim/checker.h"

#include "base/format.h"
#include "parts/etcd/raftsim/machine.h"

namespace argosy::etcd::raftsim {

void Checker::report(const std::string& what) {
  // The first is the cause, the rest may follow from it.
  if (!violation_) violation_ = what;
}

void Checker::report(const char* rule, NodeId id, LogIndex index) {
  report(format("{}: member {} at index {}", rule, id.value(), index.value()));
}

void Checker::appended(const raft::Entry& entry, Term previous) {
  const Known seen{digest_of(entry), previous};
  auto [known, is_new] = entries_.try_emplace({entry.index, entry.term}, seen);
  if (known->second.digest != seen.digest || known->second.previous != previous) {
    report(format("log matching: two entries with index {} and term {}", entry.index.value(),
                  entry.term.value()));
  }
}

void Checker::vote_granted(NodeId voter, NodeId candidate, Term term) {
  auto [vote, is_new] = votes_.try_emplace({voter, term}, candidate);
  if (vote->second != candidate) {
    report(format("single vote: member {} voted for {} and {} in term {}", voter.value(),
                  vote->second.value(), candidate.value(), term.value()));
  }
}

bool Checker::lead(NodeId id, Term term) {
  auto [leader, is_new] = leaders_.try_emplace(term, id);
  if (leader->second != id) {
    report(format("election safety: {} and {} lead term {}", leader->second.value(), id.value(),
                  term.value()));
  }
  return is_new;
}

void Checker::complete(NodeId id, Term term, LogIndex index, std::optional<Term> found) {
  const Committed& committed = committed_[index.value() - 1];
  // A leader that hears of its election late need not have what later terms committed.
  if (committed.leader_term < term && found != committed.entry_term) {
    report("leader completeness", id, index);
  }
}

void Checker::commit(NodeId id, Term term, LogIndex index, std::optional<Term> found) {
  if (!found) return report("commit beyond the log", id, index);
  if (index > committed_index() + 1) return report("commit after a gap", id, index);
  if (index == committed_index() + 1) {
    committed_.push_back({*found, term});
  } else if (committed_[index.value() - 1].entry_term != *found) {
    report("state machine safety (commit)", id, index);
  }
}

void Checker::applied(NodeId id, LogIndex index, uint64_t digest) {
  if (index > committed_index()) report("applied before committed", id, index);
  auto [known, is_new] = digests_.try_emplace(index, digest);
  if (known->second != digest) report("state machine safety (apply)", id, index);
}

void Checker::read_asked(uint64_t read) {
  reads_.emplace(read, committed_index());
}

void Checker::read_answered(NodeId id, uint64_t read, LogIndex index) {
  ++reads_answered_;
  auto asked = reads_.find(read);
  if (asked == reads_.end()) return report("read never asked for", id, index);
  if (index < asked->second) report("linearizable reads", id, index);
}

}  // namespace argosy::etcd::raftsim
