#include <doctest/doctest.h>

#include "base/bytes.h"
#include "parts/etcd/membership/cluster.h"
#include "parts/etcd/storage/memory_storage.h"

namespace argosy::etcd::membership {
namespace {

raft::ConfChange change(raft::ConfChangeType type, uint64_t id) {
  raft::ConfChange made;
  made.type = type;
  made.node_id = raft::NodeId(id);
  return made;
}

Member member(uint64_t id, std::string name, bool is_learner = false) {
  return {id, std::move(name), {"http://127.0.0.1:" + std::to_string(1000 + id)}, {}, is_learner};
}

struct Bench {
  MemoryStorage storage;
  Cluster cluster{77};

  Result<void> add(const Member& added) {
    const auto made = change(
        added.is_learner ? raft::ConfChangeType::kAddLearnerNode : raft::ConfChangeType::kAddNode,
        added.id);
    TRY(cluster.validate(made, {added, false}));
    cluster.apply(made, {added, false}, storage);
    return {};
  }
  Result<void> remove(uint64_t id) {
    const auto made = change(raft::ConfChangeType::kRemoveNode, id);
    TRY(cluster.validate(made, {}));
    cluster.apply(made, {}, storage);
    return {};
  }
};

TEST_CASE("ids are those that 3.4.23 computes for the same URLs and token") {
  // Printed by Debian's etcd for a member m1 at this URL and the default token.
  const auto cluster = parse_initial_cluster("m1=http://127.0.0.1:22380");
  const auto members = initial_members(*cluster, "etcd-cluster");
  REQUIRE(members.has_value());
  REQUIRE(members->size() == 1);
  CHECK(to_hex(members->begin()->first) == "9e737febb6b99eee");
  CHECK(to_hex(cluster_id(*members)) == "c8730d66636ff140");
}

TEST_CASE("an initial cluster has names and URLs") {
  const auto cluster = parse_initial_cluster("b=http://x:2,a=http://x:1,b=http://x:0");
  REQUIRE(cluster.has_value());
  CHECK(cluster->at("b") == std::vector<std::string>{"http://x:0", "http://x:2"});
  CHECK(!parse_initial_cluster("a").has_value());
  CHECK(!parse_initial_cluster("a=").has_value());
  CHECK(!parse_initial_cluster("=http://x:1").has_value());
}

TEST_CASE("a member's JSON, and the context of a change") {
  Member m = member(5, "m5", true);
  m.client_urls = {"http://c:1"};
  CHECK(json::to_text(to_json(m)) ==
        R"({"id":5,"peerURLs":["http://127.0.0.1:1005"],"isLearner":true,)"
        R"("name":"m5","clientURLs":["http://c:1"]})");
  CHECK(member_from_json(to_json(m)).value() == m);
  const auto context = decode_context(encode_context(m, true));
  REQUIRE(context.has_value());
  CHECK(context->is_promotion);
  CHECK(context->member == m);
  CHECK(!decode_context("{}").has_value());
  CHECK(!decode_context("nonsense").has_value());
}

TEST_CASE("changes are judged by the members as they are") {
  Bench bench;
  CHECK(bench.add(member(1, "m1")).has_value());
  CHECK(bench.add(member(1, "m1")).error().message() == "etcdserver: member ID already exist");
  Member same_url = member(2, "m2");
  same_url.peer_urls = member(1, "").peer_urls;
  CHECK(bench.add(same_url).error().message() == "etcdserver: Peer URLs already exists");
  CHECK(bench.add(member(3, "", true)).has_value());
  CHECK(bench.add(member(4, "", true)).error().message() ==
        "etcdserver: too many learner members in cluster");
  CHECK(bench.remove(9).error().message() == "etcdserver: member not found");
  CHECK(bench.remove(3).has_value());
  CHECK(!bench.add(member(3, "")).has_value());
  CHECK(bench.cluster.is_removed(3));
  const auto promotion = change(raft::ConfChangeType::kAddNode, 1);
  CHECK(bench.cluster.validate(promotion, {member(1, ""), true}).error().message() ==
        "etcdserver: can only promote a learner member");
}

TEST_CASE("a promoted learner votes") {
  Bench bench;
  REQUIRE(bench.add(member(1, "m1")).has_value());
  REQUIRE(bench.add(member(2, "", true)).has_value());
  CHECK(bench.cluster.voter_count() == 1);
  bench.cluster.apply(change(raft::ConfChangeType::kAddNode, 2), {member(2, ""), true},
                      bench.storage);
  CHECK(bench.cluster.voter_count() == 2);
  CHECK(bench.cluster.find(2)->peer_urls == member(2, "").peer_urls);
}

TEST_CASE("strict reconfiguration keeps a quorum of started members") {
  Bench bench;
  REQUIRE(bench.add(member(1, "m1")).has_value());
  CHECK(bench.cluster.is_ready_to_add_voter());  // one may become two
  REQUIRE(bench.add(member(2, "")).has_value());
  CHECK(!bench.cluster.is_ready_to_add_voter());
  CHECK(!bench.cluster.is_ready_to_remove(1));
  CHECK(bench.cluster.is_ready_to_remove(2));
  bench.cluster.set_attributes(2, "m2", {"http://c:2"}, bench.storage);
  CHECK(bench.cluster.is_ready_to_add_voter());
  CHECK(bench.cluster.is_ready_to_remove(1));
}

TEST_CASE("the v2 store's JSON brings everything back") {
  Bench bench;
  REQUIRE(bench.add(member(1, "m1")).has_value());
  REQUIRE(bench.add(member(2, "", true)).has_value());
  REQUIRE(bench.add(member(3, "m3")).has_value());
  REQUIRE(bench.remove(3).has_value());
  bench.cluster.set_attributes(1, "m1", {"http://c:1", "http://c:2"}, bench.storage);
  bench.cluster.set_version("3.4.0", bench.storage);
  Cluster back(77);
  REQUIRE(back.load_v2_json(bench.cluster.to_v2_json()).has_value());
  CHECK(back.members() == bench.cluster.members());
  CHECK(back.is_removed(3));
  CHECK(back.version() == "3.4.0");
}

TEST_CASE("keys of the v2 API are not lost silently") {
  Cluster cluster(1);
  const auto loaded = cluster.load_v2_json(
      R"({"Root":{"Children":{"1":{"Children":{"user":{"Value":"x","Children":null}}}}}})");
  REQUIRE(!loaded.has_value());
  CHECK(loaded.error().code() == Code::kFailedPrecondition);
  CHECK(!cluster.load_v2_json("[").has_value());
  CHECK(!cluster
             .load_v2_json(R"({"Root":{"Children":{"0":{"Children":{"members":)"
                           R"({"Children":{"not-hex":{}}}}}}}})")
             .has_value());
}

TEST_CASE("the buckets hold the members") {
  Bench bench;
  REQUIRE(bench.add(member(0xABC, "m1")).has_value());
  CHECK(stored_members(bench.storage).at(0xABC) == member(0xABC, "m1"));
  CHECK(bench.storage.get(Bucket::kMembers, "abc").has_value());
  REQUIRE(bench.remove(0xABC).has_value());
  CHECK(stored_members(bench.storage).empty());
  CHECK(bench.storage.get(Bucket::kMembersRemoved, "abc") == "removed");
}

}  // namespace
}  // namespace argosy::etcd::membership
