#include "argosy/plan.h"

#include <doctest/doctest.h>

#include "argosy/restarts.h"
#include "argosy/state.h"
#include "base/text.h"

namespace argosy {
namespace {

ClusterPlan three() {
  return {"argosy-1", {{"m1", 2379, 2380}, {"m2", 12379, 12380}, {"m3", 22379, 22380}}};
}

TEST_CASE("a plan survives its file") {
  CHECK(plan_from_json(json::to_pretty_text(to_json(three()))) == three());
}

TEST_CASE("a file that is no plan is refused") {
  for (const char* text : {
           "",
           "[]",
           "{}",
           R"({"token":"t","members":[]})",
           R"({"members":[{"name":"m1","client_port":1,"peer_port":2}]})",
           R"({"token":"t","members":[{"name":"m1","client_port":1}]})",
           R"({"token":"t","members":[{"name":"m1","client_port":0,"peer_port":2}]})",
           R"({"token":"t","members":[{"name":"m1","client_port":65536,"peer_port":2}]})",
           R"({"token":"t","members":[{"name":"m1","client_port":"1","peer_port":2}]})",
       }) {
    CAPTURE(text);
    CHECK(!plan_from_json(text).has_value());
  }
}

TEST_CASE("where members look for ports") {
  struct Row {
    size_t member;
    size_t n;
    int port;
  };
  for (const Row& row : {Row{0, 0, 2379}, Row{1, 0, 12379}, Row{2, 0, 22379}, Row{6, 0, 62379},
                         Row{7, 0, 2389}, Row{8, 0, 12389}, Row{0, 1, 2389}, Row{1, 2, 12399}}) {
    CHECK(port_candidate(kFirstPort, row.member, row.n) == row.port);
  }
  CHECK(port_candidate(65000, 0, 0) == 65000);
  CHECK(port_candidate(65000, 1, 0) == 65010);
  CHECK(!port_candidate(65000, 0, 54));
  for (size_t member = 0; member < kMaxMembers; ++member) {
    CHECK(port_candidate(kMaxFirstPort, member, 0).has_value());
  }
}

TEST_CASE("a member's arguments") {
  const ClusterPlan plan = three();
  CHECK(join(etcd_arguments(plan, plan.members[1], "/d/m2"), " ") ==
        "etcd --name m2 --data-dir /d/m2"
        " --listen-client-urls http://127.0.0.1:12379"
        " --advertise-client-urls http://127.0.0.1:12379"
        " --listen-peer-urls http://127.0.0.1:12380"
        " --initial-advertise-peer-urls http://127.0.0.1:12380"
        " --initial-cluster m1=http://127.0.0.1:2380,m2=http://127.0.0.1:12380,"
        "m3=http://127.0.0.1:22380"
        " --initial-cluster-state new --initial-cluster-token argosy-1");
  CHECK(client_urls(plan) == "http://127.0.0.1:2379,http://127.0.0.1:12379,http://127.0.0.1:22379");
  CHECK(plan.find("m3")->client_port == 22379);
  CHECK(plan.find("m4") == nullptr);
}

TEST_CASE("the state survives its file") {
  const State state{"boot-1",
                    {77, 123456789012},
                    {{"m1", {78, 5}, 2, "signal 9 (Killed)", false}, {"m2", {}, 0, "", true}}};
  CHECK(parse_state(to_text(state)) == state);
  CHECK(state.find("m2")->given_up);
  CHECK(state.find("m9") == nullptr);
}

TEST_CASE("a file that is no state is refused") {
  for (const char* text : {"", "{}", R"({"supervisor":{"pid":1},"members":[]})",
                           R"({"supervisor":{"pid":1,"start_ticks":2}})",
                           R"({"supervisor":{"pid":1,"start_ticks":2},"members":[{"name":"m1"}]})",
                           R"({"supervisor":{"pid":-1,"start_ticks":2},"members":[]})"}) {
    CAPTURE(text);
    CHECK(!parse_state(text).has_value());
  }
}

TEST_CASE("who crashes at once waits longer each time, who ran steadily does not") {
  Restarts restarts;
  CHECK(restarts.after(seconds(1)) == milliseconds(250));
  CHECK(restarts.after(seconds(1)) == milliseconds(500));
  CHECK(restarts.after(seconds(1)) == seconds(1));
  for (int i = 0; i < 10; ++i) (void)restarts.after(seconds(59));
  CHECK(restarts.after(seconds(59)) == seconds(30));
  CHECK(restarts.after(minutes(1)) == milliseconds(250));
  CHECK(restarts.after(seconds(1)) == milliseconds(500));
}

}  // namespace
}  // namespace argosy
