// The checker is told wrong histories, one for each rule, and right ones that look like them.
#include "parts/etcd/raftsim/checker.h"

#include <doctest/doctest.h>

namespace argosy::etcd::raftsim {
namespace {

constexpr NodeId kAnn{1};
constexpr NodeId kBob{2};
constexpr NodeId kCid{3};

// A log by the terms of its entries, from index 1.
struct Terms {
  std::vector<uint64_t> terms;
  std::optional<Term> operator()(LogIndex index) const {
    if (index == LogIndex{} || index.value() > terms.size()) return std::nullopt;
    return Term(terms[index.value() - 1]);
  }
};

raft::Entry entry(uint64_t term, uint64_t index, const char* data) {
  return {.term = Term(term), .index = LogIndex(index), .data = SharedBytes(Bytes(data))};
}

struct History {
  Checker checker;
  void commits(NodeId id, uint64_t term, uint64_t index, const Terms& log) {
    checker.commits(id, Term(term), LogIndex(index), LogIndex(1), log);
  }
  void leads(NodeId id, uint64_t term, const Terms& log) {
    checker.leads(id, Term(term), LogIndex(1), log);
  }
  std::string verdict() const { return checker.violation().value_or("fine"); }
};

TEST_CASE("election safety") {
  History history;
  history.leads(kAnn, 2, {});
  history.leads(kAnn, 2, {});
  history.leads(kBob, 3, {});
  CHECK(history.verdict() == "fine");
  history.leads(kBob, 2, {});
  CHECK(history.verdict() == "election safety: 1 and 2 lead term 2");
}

TEST_CASE("single vote") {
  History history;
  history.checker.vote_granted(kAnn, kBob, Term(2));
  history.checker.vote_granted(kAnn, kBob, Term(2));
  history.checker.vote_granted(kAnn, kCid, Term(3));
  history.checker.vote_granted(kBob, kCid, Term(2));
  CHECK(history.verdict() == "fine");
  history.checker.vote_granted(kAnn, kCid, Term(2));
  CHECK(history.verdict() == "single vote: member 1 voted for 2 and 3 in term 2");
}

TEST_CASE("log matching: other data") {
  History history;
  history.checker.appended(entry(2, 5, "a"), Term(1));
  history.checker.appended(entry(2, 5, "a"), Term(1));
  history.checker.appended(entry(3, 5, "b"), Term(1));
  CHECK(history.verdict() == "fine");
  history.checker.appended(entry(2, 5, "b"), Term(1));
  CHECK(history.verdict() == "log matching: two entries with index 5 and term 2");
}

TEST_CASE("log matching: other predecessor") {
  History history;
  history.checker.appended(entry(3, 5, "a"), Term(1));
  history.checker.appended(entry(3, 5, "a"), Term(2));
  CHECK(history.verdict() == "log matching: two entries with index 5 and term 3");
}

TEST_CASE("leader completeness") {
  History history;
  history.commits(kAnn, 2, 2, {{1, 2}});
  history.leads(kBob, 3, {{1, 2, 2}});
  CHECK(history.verdict() == "fine");
  SUBCASE("an entry is missing") {
    history.leads(kCid, 4, {{1}});
  }
  SUBCASE("an entry is another") {
    history.leads(kCid, 4, {{1, 1, 4}});
  }
  CHECK(history.verdict() == "leader completeness: member 3 at index 2");
}

TEST_CASE("a leader of an earlier term may learn of its election too late") {
  History history;
  history.commits(kAnn, 5, 2, {{1, 3}});
  history.leads(kBob, 4, {{1}});
  CHECK(history.verdict() == "fine");
}

TEST_CASE("state machine safety of commits") {
  History history;
  history.commits(kAnn, 2, 2, {{1, 2}});
  history.commits(kBob, 2, 1, {{1}});
  CHECK(history.verdict() == "fine");
  history.commits(kBob, 3, 2, {{1, 3}});
  CHECK(history.verdict() == "state machine safety (commit): member 2 at index 2");
}

TEST_CASE("commits have entries, and leave none out") {
  History history;
  SUBCASE("no entry") {
    history.commits(kAnn, 2, 2, {{1}});
    CHECK(history.verdict() == "commit beyond the log: member 1 at index 2");
  }
  SUBCASE("a gap") {
    history.checker.commits(kAnn, Term(2), LogIndex(3), LogIndex(3), Terms{{1, 1, 1}});
    CHECK(history.verdict() == "commit after a gap: member 1 at index 3");
  }
}

TEST_CASE("state machine safety of what is applied") {
  History history;
  history.commits(kAnn, 2, 2, {{1, 2}});
  history.checker.applied(kAnn, LogIndex(1), 77);
  history.checker.applied(kBob, LogIndex(1), 77);
  CHECK(history.verdict() == "fine");
  SUBCASE("another state") {
    history.checker.applied(kCid, LogIndex(1), 78);
    CHECK(history.verdict() == "state machine safety (apply): member 3 at index 1");
  }
  SUBCASE("too early") {
    history.checker.applied(kCid, LogIndex(3), 78);
    CHECK(history.verdict() == "applied before committed: member 3 at index 3");
  }
}

TEST_CASE("monotonic commit, but for a restart") {
  History history;
  history.commits(kAnn, 2, 2, {{1, 2}});
  history.checker.started(kAnn);
  history.commits(kAnn, 2, 1, {{1, 2}});
  history.commits(kAnn, 2, 2, {{1, 2}});
  CHECK(history.verdict() == "fine");
  history.commits(kAnn, 2, 1, {{1, 2}});
  CHECK(history.verdict() == "monotonic commit: member 1 at index 1");
}

TEST_CASE("linearizable reads") {
  History history;
  history.commits(kAnn, 2, 1, {{1, 2}});
  history.checker.read_asked(7);
  history.commits(kAnn, 2, 2, {{1, 2}});
  history.checker.read_asked(8);
  history.checker.read_answered(kBob, 7, LogIndex(1));
  history.checker.read_answered(kBob, 8, LogIndex(2));
  CHECK(history.verdict() == "fine");
  CHECK(history.checker.reads_answered() == 2);
  SUBCASE("stale") {
    history.checker.read_answered(kBob, 8, LogIndex(1));
    CHECK(history.verdict() == "linearizable reads: member 2 at index 1");
  }
  SUBCASE("made up") {
    history.checker.read_answered(kBob, 9, LogIndex(2));
    CHECK(history.verdict() == "read never asked for: member 2 at index 2");
  }
}

TEST_CASE("the first violation stays") {
  History history;
  history.checker.report("first");
  history.checker.report("second");
  CHECK(history.verdict() == "first");
}

}  // namespace
}  // namespace argosy::etcd::raftsim
