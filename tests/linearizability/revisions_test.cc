#include "tests/linearizability/revisions.h"

#include <doctest/doctest.h>

#include "tests/linearizability/build_history.h"
#include "tests/linearizability/streams.h"

namespace argosy::linearizability {
namespace {

Event put_event(int64_t revision, Bytes key, Bytes value, int64_t lease = 0) {
  return {revision, std::move(key), std::move(value), lease};
}
Event delete_event(int64_t revision, Bytes key) {
  return {revision, std::move(key), std::nullopt, 0};
}

TEST_CASE("revisions follow real time") {
  CHECK(check_revisions({op(0, 5, 2, {put("a", "1")}), op(1, 2, 3, {put("b", "1")}),
                         op(6, 7, 3, {get("a", "1", 2)})})
            .empty());
  CHECK(check_revisions({op(0, 1, 3, {put("a", "1")}), op(2, 3, 2, {get_absent("b")})}).size() ==
        1);
  CHECK(check_revisions({op(0, 1, 3, {put("a", "1")}), op(2, 3, 2, {put("b", "1")})}).size() == 1);
  CHECK(check_revisions({op(0, 1, 3, {get_absent("a")}), op(2, 3, 3, {put("b", "1")})}).size() ==
        1);
}

TEST_CASE("two writes never share a revision") {
  CHECK(check_revisions({op(0, 5, 2, {put("a", "1")}), op(0, 5, 2, {put("b", "2")})}).size() == 1);
  CHECK(check_revisions({op(0, 5, 2, {put("a", "1")}), op(0, 5, 2, {get("a", "1", 2)})}).empty());
}

TEST_CASE("reads of the past are repeatable") {
  const std::vector<Event> events{put_event(2, "a", "1"), put_event(3, "b", "2"),
                                  delete_event(5, "a")};
  CHECK(check_past_reads({{"n1", "a", 2, {"1", 2}},
                          {"n2", "a", 4, {"1", 2}},
                          {"n1", "a", 5, {}},
                          {"n1", "b", 2, {}}},
                         events)
            .empty());
  CHECK(check_past_reads({{"n1", "a", 4, {}}}, events).size() == 1);
  CHECK(check_past_reads({{"n1", "a", 5, {"1", 2}}}, events).size() == 1);
  CHECK(check_past_reads({{"n1", "b", 9, {"2", 4}}}, events).size() == 1);
}

TEST_CASE("acknowledged writes are among the events, once") {
  const History history{op(0, 1, 2, {put("a", "1")}), op(2, 3, 3, {erase("a", true)}),
                        lost(4, {put("a", "2")})};
  CHECK(check_writes(history, {put_event(2, "a", "1"), delete_event(3, "a")}).empty());
  CHECK(
      check_writes(history, {put_event(2, "a", "1"), delete_event(3, "a"), put_event(4, "a", "2")})
          .empty());
  SUBCASE("lost") {
    CHECK(check_writes(history, {delete_event(3, "a")}).size() == 1);
    CHECK(check_writes(history, {put_event(2, "a", "1")}).size() == 1);
    CHECK(check_writes(history, {put_event(4, "a", "1"), delete_event(3, "a")}).size() == 1);
  }
  SUBCASE("twice") {
    CHECK(check_writes(history, {put_event(2, "a", "1"), delete_event(3, "a"),
                                 put_event(4, "a", "2"), put_event(5, "a", "2")})
              .size() == 1);
  }
  SUBCASE("from nobody") {
    CHECK(check_writes(history,
                       {put_event(2, "a", "1"), delete_event(3, "a"), put_event(4, "b", "3")})
              .size() == 1);
  }
}

TEST_CASE("events tell what became of operations without an answer") {
  const History history{lost(0, {put("a", "1")}),     lost(1, {put("a", "2")}),
                        lost(2, {erase("a", false)}), lost(3, {erase("b", false)}),
                        lease_end(4, kNever, 0, 7),   lease_end(4, kNever, 0, 8)};
  const std::vector<Event> events{put_event(2, "a", "2"), put_event(3, "c", "x", 7),
                                  delete_event(4, "a"), delete_event(5, "c")};
  const Resolved resolved = resolve_unknown(history, events);
  CHECK(resolved.findings.empty());
  REQUIRE(resolved.history.size() == 3);
  CHECK(resolved.history[0].then[0].value == "2");
  CHECK(resolved.history[0].revision == 2);
  CHECK(resolved.history[1].then[0].key == "a");
  CHECK(resolved.history[1].revision == 4);
  CHECK(resolved.history[2].ended_lease == 7);
  CHECK(resolved.history[2].revision == 5);
}

TEST_CASE("a deletion is not explained by what also puts, since that was not seen") {
  const Resolved resolved =
      resolve_unknown({lost(0, {put("a", "1"), erase("b", false)}), lost(1, {erase("b", false)})},
                      {put_event(2, "b", "2"), delete_event(3, "b")});
  CHECK(resolved.findings.empty());
  REQUIRE(resolved.history.size() == 1);
  CHECK(resolved.history[0].invoked == 1);
}

TEST_CASE("deletions and ends of leases that nothing explains") {
  CHECK(resolve_unknown({}, {put_event(2, "a", "2"), delete_event(3, "a")}).findings.size() == 1);
  CHECK(resolve_unknown({}, {put_event(2, "a", "2", 7), delete_event(3, "a")}).findings.size() ==
        1);
  CHECK(resolve_unknown({lease_end(0, kNever, 0, 7)},
                        {put_event(2, "a", "2", 7), put_event(2, "b", "3", 7), delete_event(3, "a"),
                         delete_event(4, "b")})
            .findings.size() == 1);
}

EventStream stream(std::vector<Event> events) {
  return {"w", "a", "z", 2, 9, std::move(events)};
}

TEST_CASE("a stream in order") {
  CHECK(
      check_order(stream({put_event(2, "a", "1"), put_event(3, "a", "2"), put_event(3, "b", "3")}))
          .empty());
  CHECK(check_order(stream({put_event(3, "a", "1"), put_event(2, "a", "2")})).size() == 1);
  CHECK(check_order(stream({put_event(3, "a", "1"), put_event(3, "a", "1")})).size() == 1);
  CHECK(check_order(stream({put_event(10, "a", "1")})).size() == 1);
  CHECK(check_order(stream({put_event(3, "~", "1")})).size() == 1);
}

TEST_CASE("streams tell the same story") {
  const EventStream all =
      stream({put_event(2, "a", "1"), put_event(3, "b", "2"), put_event(4, "a", "3")});
  CHECK(check_same(all, all).empty());
  EventStream part{"p", "a", "b", 3, 9, {put_event(4, "a", "3")}};
  CHECK(check_same(part, all).empty());
  part.first = 2;
  CHECK(check_same(part, all).size() == 1);
  CHECK(check_same(stream({put_event(2, "a", "1"), put_event(4, "a", "3")}), all).size() == 1);
  CHECK(check_same(stream({put_event(2, "a", "1"), put_event(3, "b", "2")}), all).size() == 1);
  CHECK(check_same(stream({put_event(2, "a", "1"), put_event(3, "b", "2"), put_event(4, "a", "3"),
                           put_event(5, "a", "4")}),
                   all)
            .size() == 1);
}

TEST_CASE("replaying events gives the content") {
  const auto content = replay({put_event(2, "a", "1"), put_event(3, "b", "2"),
                               put_event(4, "b", "3"), delete_event(5, "a")});
  REQUIRE(content.size() == 1);
  CHECK(content[0].first == "b");
  CHECK(content[0].second == Seen{"3", 4});
}

}  // namespace
}  // namespace argosy::linearizability
