#include "parts/locksmith/fleetlock/protocol.h"

#include <doctest/doctest.h>

namespace argosy::locksmith {
namespace {

TEST_CASE("requests") {
  const std::string body = R"({"client_params":{"group":"default","id":"node-1"}})";
  const auto request = read_request("true", body);
  REQUIRE(request);
  CHECK_EQ(request->group, "default");
  CHECK_EQ(request->id, "node-1");
  CHECK_EQ(to_json(*request), body);
  // Members that a later version adds are passed over.
  CHECK(read_request("true", R"({"x":1,"client_params":{"id":"a","group":"g","y":{}}})"));

  const auto refusal = [](std::string_view header, std::string_view text) {
    const auto refused = read_request(header, text);
    if (refused) return std::string("taken");
    CHECK_EQ(refused.error().status, 400);
    return to_json(refused.error());
  };
  CHECK_EQ(refusal("", body),
           R"({"kind":"invalid_client_identity","value":"wrong 'fleet-lock-protocol' header: "})");
  CHECK_NE(refusal("yes", body), "taken");
  CHECK_NE(refusal("true", ""), "taken");
  CHECK_NE(refusal("true", "[]"), "taken");
  CHECK_NE(refusal("true", R"({"client_params":{}})"), "taken");
  CHECK_EQ(refusal("true", R"({"client_params":{"group":"a b","id":"x"}})"),
           R"({"kind":"invalid_client_identity","value":"a group's name is [a-zA-Z0-9.-]+"})");
  CHECK_EQ(refusal("true", R"({"client_params":{"group":"","id":"x"}})"),
           R"({"kind":"invalid_client_identity","value":"empty client group"})");
  CHECK_EQ(refusal("true", R"({"client_params":{"group":"a","id":""}})"),
           R"({"kind":"invalid_client_identity","value":"empty client ID"})");
}

TEST_CASE("answers") {
  CHECK_EQ(describe_answer(500, R"({"kind":"failed_lock","value":"all 1 slots"})"),
           "failed_lock: all 1 slots");
  CHECK_EQ(describe_answer(502, "<html>"), "unexpected status 502");
  CHECK_EQ(describe_answer(404, "{}"), "unexpected status 404");
}

TEST_CASE("slots") {
  Slots slots{2, {}};
  CHECK_EQ(to_json(slots), R"({"total_slots":2,"holders":[]})");
  CHECK(*slots.take("b"));
  CHECK(*slots.take("a"));
  CHECK_FALSE(*slots.take("a"));
  CHECK_EQ(to_json(slots), R"({"total_slots":2,"holders":["a","b"]})");
  const auto full = slots.take("c");
  REQUIRE_FALSE(full);
  CHECK_EQ(full.error().message(), "all 2 semaphore slots currently locked");
  CHECK(slots.give_back("b"));
  CHECK_FALSE(slots.give_back("b"));
  CHECK(*slots.take("c"));
  CHECK(parse_slots(to_json(slots)) == slots);
  CHECK(parse_slots(R"({"total_slots":1,"holders":null})") == Slots{1, {}});
  CHECK(parse_slots(R"({"holders":["z","a","z"],"total_slots":3})") == Slots{3, {"a", "z"}});
  CHECK_FALSE(parse_slots("{}"));
  CHECK_FALSE(parse_slots(R"({"total_slots":1,"holders":[2]})"));
  CHECK_FALSE(parse_slots(R"({"total_slots":1,"holders":"a"})"));
  CHECK_EQ(slots_key("default"), "com.coreos.airlock/groups/default/v1/semaphore");
}

}  // namespace
}  // namespace argosy::locksmith
