#include "parts/etcd/raft/writes.h"

#include <doctest/doctest.h>

namespace argosy::etcd::raft {
namespace {

HardState at_term(uint64_t term) {
  return {Term(term), NodeId(1), LogIndex{}};
}

TEST_CASE("what was reported is stable, up to its append") {
  Writes writes(LogIndex(3), at_term(1));
  CHECK(writes.stable() == LogIndex(3));
  const AppendId first = writes.give(LogIndex(5), at_term(1), {});
  const AppendId second = writes.give(LogIndex(9), at_term(2), {});
  CHECK(writes.given() == LogIndex(9));
  CHECK(writes.stable() == LogIndex(3));
  writes.finish(first);
  CHECK(writes.stable() == LogIndex(5));
  CHECK(writes.durable_term() == Term(1));
  writes.finish(second);
  CHECK(writes.stable() == LogIndex(9));
  CHECK(writes.durable_term() == Term(2));
  CHECK_FALSE(writes.is_under_way());
}

TEST_CASE("a report stands for all before it") {
  Writes writes(LogIndex{}, at_term(1));
  writes.give(LogIndex(5), at_term(1), {});
  const AppendId second = writes.give(LogIndex(6), at_term(1), {});
  writes.finish(second);
  CHECK(writes.stable() == LogIndex(6));
}

// The log is cut to 4 and grows to 6 again while the append of the old 5 and 6 is under
// way, with the very same terms: its report must not make the new 5 and 6 stable, since
// the disk will yet cut the old ones off.
TEST_CASE("ABA: an append vouches for nothing that was cut off meanwhile") {
  Writes writes(LogIndex(4), at_term(1));
  const AppendId old_tail = writes.give(LogIndex(6), at_term(1), {});
  writes.cut(LogIndex(5));
  CHECK(writes.given() == LogIndex(4));
  const AppendId other_tail = writes.give(LogIndex(5), at_term(2), {});
  writes.cut(LogIndex(5));
  const AppendId new_tail = writes.give(LogIndex(6), at_term(3), {});
  writes.finish(old_tail);
  CHECK(writes.stable() == LogIndex(4));
  writes.finish(other_tail);
  CHECK(writes.stable() == LogIndex(4));
  writes.finish(new_tail);
  CHECK(writes.stable() == LogIndex(6));
}

TEST_CASE("a cut takes from what was stable") {
  Writes writes(LogIndex(9), at_term(1));
  writes.cut(LogIndex(8));
  CHECK(writes.stable() == LogIndex(7));
}

TEST_CASE("a snapshot leaves nothing to vouch for, and is itself reported") {
  Writes writes(LogIndex(9), at_term(1));
  const AppendId before = writes.give(LogIndex(12), at_term(1), {});
  writes.cut_all();
  const AppendId snapshot = writes.give(LogIndex(20), at_term(1), LogIndex(20));
  CHECK(writes.finish(before) == LogIndex{});
  CHECK(writes.stable() == LogIndex{});
  CHECK(writes.finish(snapshot) == LogIndex(20));
  CHECK(writes.stable() == LogIndex(20));
}

}  // namespace
}  // namespace argosy::etcd::raft
