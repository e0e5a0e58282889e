#include "argosy/report.h"

#include <doctest/doctest.h>

namespace argosy {
namespace {

MemberHealth healthy(uint64_t id, uint64_t leader) {
  MemberHealth health;
  health.id = id;
  health.leader = leader;
  health.term = 3;
  health.index = 40;
  health.db_size = 20480;
  return health;
}

ClusterView two_of_three() {
  ClusterView view;
  view.data = "/d";
  view.plan = {"t", {{"m1", 2379, 2380}, {"m2", 12379, 12380}, {"m3", 22379, 22380}}};
  view.state = {"", {9, 1}, {{"m1", {10, 1}, 0, "", false}, {"m3", {}, 4, "exit code 1", false}}};
  view.supervisor_runs = true;
  view.health = {healthy(0xA1, 0xA1), healthy(0xB2, 0xA1), {.error = "connection refused"}};
  return view;
}

TEST_CASE("the table shows who leads, who is down and why") {
  CHECK(to_table(two_of_three()) ==
        "NAME  ID  ROLE      TERM  INDEX  CLIENTS                 PEERS                   DB SIZE"
        "  PID\n"
        "m1    a1  leader    3     40     http://127.0.0.1:2379   http://127.0.0.1:2380   20 kB  "
        "  10\n"
        "m2    b2  follower  3     40     http://127.0.0.1:12379  http://127.0.0.1:12380  20 kB  "
        "  -\n"
        "m3    -   down      -     -      http://127.0.0.1:22379  http://127.0.0.1:22380  -      "
        "  -\n"
        "\n"
        "m3: connection refused\n"
        "m3: started again 4 times, last after: exit code 1\n"
        "\n"
        "To use it with etcdctl:\n"
        "  export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=http://127.0.0.1:2379,http://127.0.0.1:12379,"
        "http://127.0.0.1:22379\n"
        "  etcdctl put greeting hello && etcdctl get greeting\n");
  ClusterView orphaned = two_of_three();
  orphaned.supervisor_runs = false;
  CHECK(to_table(orphaned).find("No supervisor runs") != std::string::npos);
}

TEST_CASE("the JSON says the same") {
  const json::Value value = to_json(two_of_three());
  CHECK(value.find("healthy")->as_bool() == false);
  CHECK(value.find("supervisor_pid")->as_int() == 9);
  const json::Array& members = *value.find("members")->as_array();
  REQUIRE(members.size() == 3);
  CHECK(members[0].text_of("role") == "leader");
  CHECK(members[1].text_of("leader") == "a1");
  CHECK(members[2].text_of("error") == "connection refused");
  CHECK(members[2].find("id") == nullptr);
  CHECK(members[2].find("restarts")->as_int() == 4);
}

TEST_CASE("healthy means that all answer and follow the same leader") {
  CHECK(is_healthy({healthy(1, 1), healthy(2, 1)}));
  CHECK(!is_healthy({}));
  CHECK(!is_healthy({healthy(1, 0)}));
  CHECK(!is_healthy({healthy(1, 1), healthy(2, 2)}));
  CHECK(!is_healthy({healthy(1, 1), {.error = "x"}}));
}

TEST_CASE("one thing, several things") {
  CHECK(counted(0, "member") == "0 members");
  CHECK(counted(1, "member") == "1 member");
  CHECK(counted(3, "time") == "3 times");
}

TEST_CASE("sizes as etcdctl says them") {
  struct Row {
    int64_t bytes;
    const char* text;
  };
  for (const Row& row : {Row{0, "0 B"}, Row{999, "999 B"}, Row{1000, "1.0 kB"}, Row{9949, "9.9 kB"},
                         Row{9950, "10 kB"}, Row{20480, "20 kB"}, Row{1'500'000, "1.5 MB"},
                         Row{2'100'000'000, "2.1 GB"}}) {
    CHECK(human_size(row.bytes) == row.text);
  }
}

TEST_CASE("columns are as wide as their widest cell") {
  CHECK(align({{"a", "bb"}, {"ccc", ""}}) == "a    bb\nccc  \n");
  CHECK(align({}).empty());
}

}  // namespace
}  // namespace argosy
