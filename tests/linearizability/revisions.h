// What etcd promises beyond linearizability, checked in passes that cost little. Each
// function returns what is wrong, one sentence a finding, at most `kMostFindings`.
#pragma once

#include "tests/linearizability/history.h"

namespace argosy::linearizability {

using Findings = std::vector<std::string>;
inline constexpr size_t kMostFindings = 20;

// Over linearizable operations: no answer has a smaller revision than one that came
// before it was asked, and a write has a larger one; no two writes share a revision.
// This holds across clients and members, and so for each of them.
Findings check_revisions(const History& history);

// Reads at a revision, from any member, also from one that is behind.
struct PastRead {
  std::string where;
  Bytes key;
  int64_t revision = 0;
  Seen seen;
};
// The same answer at the same revision, always, and the one that the events (all of them
// since revision 1, in order) say.
Findings check_past_reads(const std::vector<PastRead>& reads, const std::vector<Event>& events);

// The history against all events since revision 1 of the keys that it is about: each
// answered write is there once, with its revision; each event was caused by an operation
// that is in the history, after it was invoked; nothing was applied twice.
Findings check_writes(const History& history, const std::vector<Event>& events);

// Fills in what all events tell of operations without an answer. What puts a value that is
// among the events happened, with that revision; a deletion that no answer explains is that
// of an operation without one, or of a lease's end when the key held a lease. What is left
// never happened, or changed nothing, and is dropped: the search need not try it. Answered
// ends of leases may also come without a revision. The keys that clients delete by name hold no
// leases.
struct Resolved {
  History history;
  Findings findings;  // deletions that nothing explains
};
Resolved resolve_unknown(const History& history, const std::vector<Event>& events);

}  // namespace argosy::linearizability
