// Histories that are right, and for each fault one that shows it.
#include "tests/linearizability/check.h"

#include <doctest/doctest.h>

#include "tests/linearizability/build_history.h"

namespace argosy::linearizability {
namespace {

Verdict verdict(const History& history, Budget budget = {}) {
  return check_group(history, budget).verdict;
}
bool is_right(const History& history) {
  return verdict(history) == Verdict::kLinearizable;
}
bool is_wrong(const History& history) {
  return verdict(history) == Verdict::kNotLinearizable;
}

TEST_CASE("one after the other") {
  CHECK(is_right({}));
  CHECK(is_right({op(0, 1, 2, {put("k", "a")}), op(2, 3, 2, {get("k", "a", 2)}),
                  op(4, 5, 3, {erase("k", true)}), op(6, 7, 3, {get_absent("k")}),
                  op(8, 9, 3, {erase("k", false)})}));
}

TEST_CASE("overlapping writes may take effect in either order") {
  const Operation a = op(0, 10, 0, {put("k", "a")});
  const Operation b = op(0, 10, 0, {put("k", "b")});
  CHECK(is_right({a, b, op(11, 12, 0, {get("k", "a", 3)})}));
  CHECK(is_right({a, b, op(11, 12, 0, {get("k", "b", 3)})}));
  CHECK(is_right({op(0, 10, 3, {put("k", "a")}), op(0, 10, 2, {put("k", "b")}),
                  op(11, 12, 3, {get("k", "a", 3)})}));
  CHECK(is_wrong({op(0, 10, 2, {put("k", "a")}), op(0, 10, 3, {put("k", "b")}),
                  op(11, 12, 3, {get("k", "a", 2)})}));
}

TEST_CASE("an overlapping read sees the old or the new") {
  const Operation first = op(0, 1, 2, {put("k", "a")});
  const Operation second = op(2, 10, 3, {put("k", "b")});
  CHECK(is_right({first, second, op(3, 4, 2, {get("k", "a", 2)})}));
  CHECK(is_right({first, second, op(3, 4, 3, {get("k", "b", 3)})}));
  CHECK(
      is_right({first, second, op(3, 4, 2, {get("k", "a", 2)}), op(5, 6, 3, {get("k", "b", 3)})}));
}

TEST_CASE("wrong: two reads see new and then old") {
  CHECK(is_wrong({op(0, 1, 0, {put("k", "a")}), op(2, 10, 3, {put("k", "b")}),
                  op(3, 4, 0, {get("k", "b", 3)}), op(5, 6, 0, {get("k", "a", 2)})}));
}

TEST_CASE("wrong: a lost write") {
  CHECK(is_wrong({op(0, 1, 2, {put("k", "a")}), op(2, 3, 3, {put("k", "b")}),
                  op(4, 5, 3, {get("k", "a", 2)})}));
  CHECK(is_wrong({op(0, 1, 2, {put("k", "a")}), op(2, 3, 2, {get_absent("k")})}));
}

TEST_CASE("wrong: a stale read, even when its revision claims to be new") {
  CHECK(is_wrong({op(0, 1, 2, {put("k", "a")}), op(2, 3, 3, {put("k", "b")}),
                  op(4, 5, 2, {get("k", "a", 2)})}));
}

TEST_CASE("wrong: a value that nobody wrote") {
  CHECK(is_wrong({op(0, 1, 2, {put("k", "a")}), op(2, 3, 2, {get("k", "z", 2)})}));
}

TEST_CASE("wrong: a value comes back, applied twice") {
  CHECK(is_wrong({op(0, 1, 2, {put("k", "a")}), op(2, 3, 3, {put("k", "b")}),
                  op(4, 5, 4, {get("k", "a", 4)})}));
}

TEST_CASE("wrong: reordered against real time") {
  CHECK(is_wrong({op(0, 1, 3, {put("k", "a")}), op(2, 3, 2, {put("k", "b")})}));
}

TEST_CASE("wrong: split brain, two sides each see only their own writes") {
  CHECK(is_wrong({op(0, 1, 2, {put("k", "a")}), op(0, 1, 2, {put("k", "b")}),
                  op(2, 3, 2, {get("k", "a", 2)}), op(2, 3, 2, {get("k", "b", 2)})}));
  CHECK(is_wrong({cas(0, 5, 2, true, {"k", 0}, {put("k", "a")}),
                  cas(0, 5, 2, true, {"k", 0}, {put("k", "b")})}));
}

TEST_CASE("a write without an answer may happen late, or never") {
  const Operation write = op(0, 1, 2, {put("k", "a")});
  const Operation pending = lost(2, {put("k", "b")});
  CHECK(is_right({write, pending, op(3, 4, 2, {get("k", "a", 2)})}));
  CHECK(is_right({write, lost(2, {put("k", "b")}), op(3, 4, 2, {get("k", "a", 2)}),
                  op(50, 51, 5, {get_absent("k")}), lost(10, {erase("k", false)})}));
  Operation seen = pending;
  seen.revision = 4;
  CHECK(is_right({write, seen, op(3, 4, 2, {get("k", "a", 2)}), op(9, 10, 4, {get("k", "b", 4)})}));
}

TEST_CASE("wrong: a write without an answer happens before it was sent, or twice") {
  Operation seen = lost(20, {put("k", "b")});
  seen.revision = 3;
  CHECK(is_wrong({op(0, 1, 2, {put("k", "a")}), seen, op(3, 4, 3, {get("k", "b", 3)})}));
  CHECK(is_wrong({lost(0, {put("k", "b")}), op(1, 2, 0, {get("k", "b", 2)}),
                  op(3, 4, 0, {put("k", "c")}), op(5, 6, 0, {get("k", "b", 2)})}));
}

TEST_CASE("compare and swap") {
  const Operation write = op(0, 1, 2, {put("k", "a")});
  CHECK(is_right({write, cas(2, 3, 3, true, {"k", 2}, {put("k", "b")}),
                  cas(4, 5, 3, false, {"k", 2}, {put("k", "c")}, {get("k", "b", 3)})}));
  CHECK(is_wrong({write, cas(2, 3, 3, true, {"k", 2}, {put("k", "b")}),
                  cas(4, 5, 4, true, {"k", 2}, {put("k", "c")})}));
  CHECK(is_wrong({write, cas(2, 3, 2, false, {"k", 2}, {put("k", "b")})}));
  CHECK(
      is_right({write, lost(2, {put("k", "x")}), cas(4, 5, 3, false, {"k", 2}, {put("k", "b")})}));
}

TEST_CASE("wrong: half of a transaction is seen") {
  const Operation both = op(0, 10, 2, {put("a", "1"), put("b", "1")});
  CHECK(is_right({both, op(2, 3, 2, {get("a", "1", 2), get("b", "1", 2)})}));
  CHECK(is_right({both, op(2, 3, 1, {get_absent("a"), get_absent("b")})}));
  CHECK(is_wrong({both, op(2, 3, 2, {get("a", "1", 2), get_absent("b")})}));
}

TEST_CASE("keys go when their lease ends, not before and not without") {
  const Operation write = op(0, 1, 2, {put("k", "a", 7)});
  CHECK(is_right({write, lease_end(100, kNever, 0, 7), op(101, 102, 3, {get_absent("k")})}));
  CHECK(is_right({write, lease_end(100, kNever, 0, 7), op(500, 501, 2, {get("k", "a", 2)})}));
  CHECK(is_wrong({write, lease_end(100, kNever, 0, 7), op(50, 51, 3, {get_absent("k")})}));
  CHECK(is_wrong({write, lease_end(100, 101, 3, 7), op(102, 103, 3, {get("k", "a", 2)})}));
  CHECK(is_wrong({op(0, 1, 2, {put("k", "a")}), lease_end(100, kNever, 0, 7),
                  op(101, 102, 3, {get_absent("k")})}));
  CHECK(is_right({write, op(2, 3, 3, {put("k", "b")}), lease_end(4, 5, 3, 7),
                  op(6, 7, 3, {get("k", "b", 3)})}));
}

TEST_CASE("groups are judged one by one, and leases reach all of theirs") {
  const GroupOf first_letter = [](BytesView key) { return Bytes(key.substr(0, 1)); };
  const History history{op(0, 1, 2, {put("a1", "x", 7)}), op(0, 1, 3, {put("b1", "y", 7)}),
                        lease_end(5, 6, 4, 7), op(7, 8, 4, {get_absent("a1")}),
                        op(7, 8, 4, {get_absent("b1")})};
  CHECK(check_linearizable(history, first_letter).verdict == Verdict::kLinearizable);
  History wrong = history;
  wrong.back() = op(7, 8, 4, {get("b1", "y", 3)});
  const Judgement judged = check_linearizable(wrong, first_letter);
  CHECK(judged.verdict == Verdict::kNotLinearizable);
  CHECK(judged.explanation.starts_with("group b: "));
  CHECK(judged.explanation.find("get b1 saw y@3") != std::string::npos);
}

TEST_CASE("a spent budget is no verdict") {
  History history;
  for (int i = 0; i < 20; ++i) history.push_back(lost(0, {put("k", std::to_string(i))}));
  history.push_back(op(1, 2, 0, {get("k", "none", 1)}));
  CHECK(verdict(history, {.steps = 1000}) == Verdict::kUndecided);
  CHECK(verdict(history, {.bytes = 1000}) == Verdict::kUndecided);
}

}  // namespace
}  // namespace argosy::linearizability
