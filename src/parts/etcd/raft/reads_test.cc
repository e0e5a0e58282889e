#include "parts/etcd/raft/reads.h"

#include <doctest/doctest.h>

namespace argosy::etcd::raft {
namespace {

const Voters kThree{IdSet({NodeId(1), NodeId(2), NodeId(3)}), {}};
constexpr NodeId kSelf{1};

std::vector<Bytes> confirmed(Reads& reads, const Voters& voters = kThree) {
  std::vector<Bytes> contexts;
  for (ReadRequest& request : reads.take_confirmed(voters, kSelf)) {
    contexts.push_back(request.context);
  }
  return contexts;
}

TEST_CASE("an answer confirms what came before its heartbeat") {
  Reads reads;
  CHECK(reads.heartbeat_context().empty());
  reads.add({kSelf, "a", LogIndex(1)});
  reads.add({kSelf, "b", LogIndex(1)});
  const Bytes first = reads.heartbeat_context();
  reads.add({kSelf, "c", LogIndex(1)});
  const Bytes second = reads.heartbeat_context();
  CHECK(confirmed(reads).empty());
  reads.acknowledged(NodeId(2), first);
  CHECK(confirmed(reads) == std::vector<Bytes>{"a", "b"});
  CHECK(confirmed(reads).empty());
  reads.acknowledged(NodeId(2), first);
  reads.acknowledged(NodeId(3), second);
  CHECK(confirmed(reads) == std::vector<Bytes>{"c"});
  CHECK(reads.heartbeat_context().empty());
}

TEST_CASE("both halves of a joint configuration confirm") {
  const Voters joint{IdSet({NodeId(1), NodeId(2)}), IdSet({NodeId(1), NodeId(3)})};
  Reads reads;
  reads.add({kSelf, "a", LogIndex(1)});
  const Bytes context = reads.heartbeat_context();
  reads.acknowledged(NodeId(2), context);
  CHECK(confirmed(reads, joint).empty());
  reads.acknowledged(NodeId(3), context);
  CHECK(confirmed(reads, joint) == std::vector<Bytes>{"a"});
}

TEST_CASE("contexts that are not ours confirm nothing") {
  Reads reads;
  reads.add({kSelf, "a", LogIndex(1)});
  reads.acknowledged(NodeId(2), "");
  reads.acknowledged(NodeId(2), "short");
  reads.acknowledged(NodeId(2), Bytes(8, '\xff'));
  CHECK(confirmed(reads).empty());
}

TEST_CASE("a lease begins when its heartbeats left") {
  Reads reads;
  CHECK_FALSE(reads.lease_began());
  reads.beat(5);
  const Bytes first = reads.heartbeat_context();
  reads.beat(6);
  reads.acknowledged(NodeId(2), first);
  CHECK(confirmed(reads).empty());
  CHECK(reads.lease_began() == 5);
  reads.acknowledged(NodeId(2), reads.heartbeat_context());
  CHECK(confirmed(reads).empty());
  CHECK(reads.lease_began() == 6);
}

}  // namespace
}  // namespace argosy::etcd::raft
