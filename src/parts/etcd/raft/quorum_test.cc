// Quorums against the definition itself: try every index, count every voter.
#include "parts/etcd/raft/quorum.h"

#include <doctest/doctest.h>
#include <map>

#include "base/format.h"

namespace argosy::etcd::raft {
namespace {

// The definition: the largest index that a majority has reached, by trying them all.
uint64_t naive_committed(const IdSet& voters, const std::map<NodeId, LogIndex>& acked) {
  if (voters.empty()) return kEverything.value();
  uint64_t best = 0;
  for (uint64_t index = 1; index <= 12; ++index) {
    size_t reached = 0;
    for (NodeId id : voters) {
      auto found = acked.find(id);
      if (found != acked.end() && found->second.value() >= index) ++reached;
    }
    if (2 * reached > voters.size()) best = index;
  }
  return best;
}

// The definition: won when the rest cannot change it, lost likewise, by trying all ways in
// which the unknown votes can fall.
VoteResult naive_result(const IdSet& voters, const std::map<NodeId, bool>& votes) {
  if (voters.empty()) return VoteResult::kWon;
  std::vector<NodeId> unknown;
  size_t granted = 0;
  for (NodeId id : voters) {
    auto vote = votes.find(id);
    if (vote == votes.end()) unknown.push_back(id);
    if (vote != votes.end() && vote->second) ++granted;
  }
  bool can_win = false;
  bool can_lose = false;
  for (size_t falls = 0; falls < (size_t{1} << unknown.size()); ++falls) {
    const size_t more = static_cast<size_t>(__builtin_popcountll(falls));
    (2 * (granted + more) > voters.size() ? can_win : can_lose) = true;
  }
  if (can_win && can_lose) return VoteResult::kPending;
  return can_win ? VoteResult::kWon : VoteResult::kLost;
}

class Chance {
 public:
  explicit Chance(uint64_t seed) : state_(seed) {}
  uint64_t below(uint64_t bound) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return (state_ >> 33) % bound;
  }
  IdSet ids(uint64_t most) {
    IdSet set;
    for (uint64_t count = below(most + 1); count > 0; --count) set.add(NodeId(1 + below(9)));
    return set;
  }

 private:
  uint64_t state_;
};

TEST_CASE("majorities and joint majorities agree with their definition") {
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    INFO("seed ", seed);
    Chance chance(seed);
    const Voters voters{chance.ids(7), chance.ids(7)};
    std::map<NodeId, LogIndex> acked;
    std::map<NodeId, bool> votes;
    for (uint64_t id = 1; id <= 9; ++id) {
      if (chance.below(4) != 0) acked[NodeId(id)] = LogIndex(chance.below(12));
      if (chance.below(3) != 0) votes[NodeId(id)] = chance.below(2) == 0;
    }
    const auto reached = [&](NodeId id) { return acked.contains(id) ? acked[id] : LogIndex{}; };
    const auto vote = [&](NodeId id) -> std::optional<bool> {
      return votes.contains(id) ? std::optional(votes[id]) : std::nullopt;
    };
    const uint64_t expected =
        std::min(naive_committed(voters.incoming, acked), naive_committed(voters.outgoing, acked));
    REQUIRE(committed_index(voters, reached).value() == expected);
    REQUIRE(vote_result(voters.incoming, vote) == naive_result(voters.incoming, votes));

    const VoteResult in = naive_result(voters.incoming, votes);
    const VoteResult out = naive_result(voters.outgoing, votes);
    VoteResult joint = VoteResult::kPending;
    if (in == VoteResult::kWon && out == VoteResult::kWon) joint = VoteResult::kWon;
    if (in == VoteResult::kLost || out == VoteResult::kLost) joint = VoteResult::kLost;
    REQUIRE(vote_result(voters, vote) == joint);
  }
}

TEST_CASE("more voters than fit on the stack") {
  IdSet voters;
  for (uint64_t id = 1; id <= 41; ++id) voters.add(NodeId(id));
  CHECK(committed_index(voters, [](NodeId id) { return LogIndex(id.value()); }) == LogIndex(21));
}

TEST_CASE("a set of ids is in order and without doubles") {
  IdSet ids(std::vector<NodeId>{NodeId(3), NodeId(1), NodeId(3)});
  CHECK(ids.ids() == std::vector<NodeId>{NodeId(1), NodeId(3)});
  ids.add(NodeId(2));
  ids.add(NodeId(2));
  CHECK(ids.size() == 3);
  ids.remove(NodeId(7));
  ids.remove(NodeId(1));
  CHECK_FALSE(ids.contains(NodeId(1)));
  CHECK(ids.contains(NodeId(2)));
}

}  // namespace
}  // namespace argosy::etcd::raft
