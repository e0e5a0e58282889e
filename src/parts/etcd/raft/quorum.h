// Who has to agree: majorities, and two of them at once while a configuration changes
// (thesis 4.3). Values without any notion of messages.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "base/check.h"
#include "parts/etcd/raft/types.h"

namespace argosy::etcd::raft {

// A few ids in order.
class IdSet {
 public:
  IdSet() = default;
  explicit IdSet(std::vector<NodeId> ids);

  void add(NodeId id);
  void remove(NodeId id);
  void clear() { ids_.clear(); }
  bool contains(NodeId id) const { return std::ranges::binary_search(ids_, id); }
  size_t size() const { return ids_.size(); }
  bool empty() const { return ids_.empty(); }
  auto begin() const { return ids_.begin(); }
  auto end() const { return ids_.end(); }
  const std::vector<NodeId>& ids() const { return ids_; }
  bool operator==(const IdSet&) const = default;

 private:
  std::vector<NodeId> ids_;
};

enum class VoteResult : uint8_t { kPending, kLost, kWon };

// An empty set agrees to everything: so the outgoing half of a configuration that is
// not joint has no say.
inline constexpr LogIndex kEverything{std::numeric_limits<uint64_t>::max()};

// The middle of an unordered list from the leader's side: the largest index that more
// than half of them reached. Reorders the list.
LogIndex majority_index(std::span<LogIndex> acked);
VoteResult majority_result(size_t voters, size_t granted, size_t refused);

// `acked` is called with a NodeId and returns how far that one has acknowledged.
template <typename Acked>
LogIndex committed_index(const IdSet& voters, const Acked& acked) {
  constexpr size_t kUsual = 16;
  std::array<LogIndex, kUsual> few;
  std::vector<LogIndex> many;
  if (voters.size() > kUsual) many.resize(voters.size());
  std::span<LogIndex> list = voters.size() > kUsual ? std::span(many) : std::span(few);
  std::ranges::transform(voters, list.begin(), acked);
  return majority_index(list.first(voters.size()));
}

// `vote` is called with a NodeId and returns an optional<bool>: granted, refused, unknown.
template <typename Vote>
VoteResult vote_result(const IdSet& voters, const Vote& vote) {
  size_t granted = 0;
  size_t refused = 0;
  for (NodeId id : voters) {
    std::optional<bool> answer = vote(id);
    if (!answer) continue;
    (*answer ? granted : refused) += 1;
  }
  return majority_result(voters.size(), granted, refused);
}

// The voters; outgoing is empty unless the configuration is joint.
struct Voters {
  IdSet incoming;
  IdSet outgoing;

  bool is_joint() const { return !outgoing.empty(); }
  bool contains(NodeId id) const { return incoming.contains(id) || outgoing.contains(id); }
  // Of either half.
  IdSet all() const;
  bool operator==(const Voters&) const = default;
};

template <typename Acked>
LogIndex committed_index(const Voters& voters, const Acked& acked) {
  return std::min(committed_index(voters.incoming, acked), committed_index(voters.outgoing, acked));
}

// Lost as soon as one half has lost.
VoteResult both(VoteResult incoming, VoteResult outgoing);

template <typename Vote>
VoteResult vote_result(const Voters& voters, const Vote& vote) {
  return both(vote_result(voters.incoming, vote), vote_result(voters.outgoing, vote));
}

}  // namespace argosy::etcd::raft
