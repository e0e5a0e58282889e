#include "parts/etcd/raft/log.h"

#include <doctest/doctest.h>

namespace argosy::etcd::raft {
namespace {

Entry entry(uint64_t term, uint64_t index, Bytes data = "x") {
  return {.term = Term(term), .index = LogIndex(index), .data = SharedBytes(std::move(data))};
}

// Entries after index 2 of term 1, with these terms; committed and applied up to 2.
Log log_of(std::vector<uint64_t> terms, uint64_t max_applying = 1 << 20) {
  std::vector<Entry> entries;
  for (uint64_t term : terms) entries.push_back(entry(term, 3 + entries.size()));
  return Log({LogIndex(2), Term(1)}, std::move(entries), {Term(9), NodeId{}, LogIndex(2)},
             LogIndex(2), max_applying);
}

std::vector<uint64_t> terms_of(const Log& log) {
  std::vector<uint64_t> terms;
  for (LogIndex i = log.first_index(); i <= log.last_index(); ++i) {
    terms.push_back(log.term_at(i)->value());
  }
  return terms;
}

TEST_CASE("terms are known from the last compacted entry to the end") {
  const Log log = log_of({1, 3});
  CHECK_FALSE(log.term_at(LogIndex(1)));
  CHECK(log.term_at(LogIndex(2)) == Term(1));
  CHECK(log.term_at(LogIndex(4)) == Term(3));
  CHECK_FALSE(log.term_at(LogIndex(5)));
  CHECK(log.last() == Position{LogIndex(4), Term(3)});
}

TEST_CASE("section 3.6.1: the candidate's log is at least as up to date as the voter's") {
  const Log log = log_of({1, 3});
  CHECK(log.is_up_to_date({LogIndex(4), Term(3)}));
  CHECK(log.is_up_to_date({LogIndex(5), Term(3)}));
  CHECK(log.is_up_to_date({LogIndex(1), Term(4)}));
  CHECK_FALSE(log.is_up_to_date({LogIndex(3), Term(3)}));
  CHECK_FALSE(log.is_up_to_date({LogIndex(9), Term(2)}));
}

TEST_CASE("where logs may match at best") {
  const Log log = log_of({3, 3, 5, 5});
  CHECK(log.last_not_above(LogIndex(6), Term(9)) == Position{LogIndex(6), Term(5)});
  CHECK(log.last_not_above(LogIndex(6), Term(4)) == Position{LogIndex(4), Term(3)});
  CHECK(log.last_not_above(LogIndex(6), Term(2)) == Position{LogIndex(2), Term(1)});
  CHECK(log.last_not_above(LogIndex(6), Term(0)) == Position{LogIndex(1), Term(0)});
}

TEST_CASE("section 3.5: a follower removes what contradicts, and nothing else") {
  Log log = log_of({3, 3, 3});
  SUBCASE("all known: an old message does not cut the end off") {
    CHECK(log.append_after(LogIndex(2), {entry(3, 3), entry(3, 4)}));
    CHECK(terms_of(log) == std::vector<uint64_t>{3, 3, 3});
    CHECK(log.writes().stable() == LogIndex(5));
  }
  SUBCASE("partly known") {
    CHECK(log.append_after(LogIndex(3), {entry(3, 4), entry(4, 5), entry(4, 6)}));
    CHECK(terms_of(log) == std::vector<uint64_t>{3, 3, 4, 4});
    CHECK(log.writes().stable() == LogIndex(4));
    CHECK(log.writes().given() == LogIndex(4));
  }
  SUBCASE("new") {
    CHECK(log.append_after(LogIndex(5), {entry(4, 6)}));
    CHECK(terms_of(log) == std::vector<uint64_t>{3, 3, 3, 4});
    CHECK(log.writes().stable() == LogIndex(5));
  }
  SUBCASE("against what is committed") {
    CHECK(log.commit_to(LogIndex(4)));
    Result<void> done = log.append_after(LogIndex(3), {entry(4, 4)});
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == Code::kDataLoss);
    CHECK(done.error().text() == "entry 4 conflict with committed entry [committed(4)]");
    CHECK(terms_of(log) == std::vector<uint64_t>{3, 3, 3});
  }
}

TEST_CASE("commits go forward, and not beyond the end") {
  Log log = log_of({3, 3});
  CHECK(log.commit_to(LogIndex(4)));
  CHECK(log.commit_to(LogIndex(3)));
  CHECK(log.committed() == LogIndex(4));
  Result<void> done = log.commit_to(LogIndex(5));
  REQUIRE_FALSE(done);
  CHECK(done.error().text() ==
        "tocommit(5) is out of range [lastIndex(4)]. Was the raft log corrupted, truncated, or "
        "lost?");
}

TEST_CASE("only what is stable and committed is handed out, once") {
  Log log = log_of({3});
  log.append(entry(3, 4));
  CHECK(log.commit_to(LogIndex(4)));
  CHECK(log.take_appliable().size() == 1);
  CHECK_FALSE(log.has_appliable());
  const AppendId append = log.give({Term(9), NodeId{}, LogIndex(4)});
  CHECK_FALSE(log.has_appliable());
  log.finish(append);
  REQUIRE(log.has_appliable());
  CHECK(log.take_appliable().at(0).index == LogIndex(4));
  log.applied_to(LogIndex(4));
  CHECK(log.applied() == LogIndex(4));
}

TEST_CASE("the size of what is being applied is bounded, but one entry always goes") {
  Log log = log_of({3, 3, 3, 3}, size_of(entry(3, 3)) * 2);
  CHECK(log.commit_to(LogIndex(6)));
  CHECK(log.take_appliable().size() == 2);
  CHECK_FALSE(log.has_appliable());
  CHECK(log.applied_to(LogIndex(3)) == 1);
  CHECK(log.take_appliable().size() == 1);
  Log tight = log_of({3, 3}, 1);
  CHECK(tight.commit_to(LogIndex(4)));
  CHECK(tight.take_appliable().size() == 1);
  CHECK_FALSE(tight.has_appliable());
}

TEST_CASE("slices are bounded, but have at least one entry") {
  const Log log = log_of({3, 3, 3});
  const uint64_t one = size_of(entry(3, 3));
  CHECK(log.slice(LogIndex(3), 0).size() == 1);
  CHECK(log.slice(LogIndex(3), 2 * one).size() == 2);
  CHECK(log.slice(LogIndex(4), 9 * one).size() == 2);
  CHECK(log.slice(LogIndex(6), 9 * one).empty());
}

TEST_CASE("compacting keeps the last term") {
  Log log = log_of({3, 4, 5});
  CHECK(log.commit_to(LogIndex(5)));
  log.take_appliable();
  log.applied_to(LogIndex(4));
  log.compact(LogIndex(4));
  CHECK(log.first_index() == LogIndex(5));
  CHECK(log.term_at(LogIndex(4)) == Term(4));
  CHECK_FALSE(log.term_at(LogIndex(3)));
  log.compact(LogIndex(3));
  CHECK(log.first_index() == LogIndex(5));
}

TEST_CASE("a snapshot replaces everything, and is in force when it is durable") {
  Log log = log_of({3, 3});
  log.restore({.metadata = {.index = LogIndex(10), .term = Term(7)}});
  CHECK(log.last() == Position{LogIndex(10), Term(7)});
  CHECK(log.committed() == LogIndex(10));
  CHECK(log.has_unwritten());
  CHECK(log.append_after(LogIndex(10), {entry(7, 11)}));
  CHECK(log.commit_to(LogIndex(11)));
  const Log::Unwritten unwritten = log.unwritten();
  CHECK(unwritten.snapshot.has_value());
  CHECK(unwritten.entries.size() == 1);
  const AppendId append = log.give({Term(7), NodeId{}, LogIndex(11)});
  CHECK_FALSE(log.has_unwritten());
  CHECK_FALSE(log.has_appliable());
  CHECK(log.finish(append));
  CHECK(log.applied() == LogIndex(10));
  CHECK(log.take_appliable().at(0).index == LogIndex(11));
}

TEST_CASE("a second snapshot overtakes the first") {
  Log log = log_of({3});
  log.restore({.metadata = {.index = LogIndex(10), .term = Term(7)}});
  const AppendId first = log.give({Term(7), NodeId{}, LogIndex(10)});
  log.restore({.metadata = {.index = LogIndex(20), .term = Term(7)}});
  CHECK_FALSE(log.finish(first));
  CHECK(log.has_pending_snapshot());
  CHECK(log.unwritten().snapshot->metadata.index == LogIndex(20));
  CHECK(log.finish(log.give({Term(7), NodeId{}, LogIndex(20)})));
  CHECK(log.applied() == LogIndex(20));
}

}  // namespace
}  // namespace argosy::etcd::raft
