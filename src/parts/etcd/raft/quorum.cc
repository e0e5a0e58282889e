#include "parts/etcd/raft/quorum.h"

namespace argosy::etcd::raft {

IdSet::IdSet(std::vector<NodeId> ids) : ids_(std::move(ids)) {
  std::ranges::sort(ids_);
  auto rest = std::ranges::unique(ids_);
  ids_.erase(rest.begin(), rest.end());
}

void IdSet::add(NodeId id) {
  auto at = std::ranges::lower_bound(ids_, id);
  if (at == ids_.end() || *at != id) ids_.insert(at, id);
}

void IdSet::remove(NodeId id) {
  auto at = std::ranges::lower_bound(ids_, id);
  if (at != ids_.end() && *at == id) ids_.erase(at);
}

LogIndex majority_index(std::span<LogIndex> acked) {
  if (acked.empty()) return kEverything;
  auto middle = acked.begin() + static_cast<ptrdiff_t>(acked.size() / 2);
  std::ranges::nth_element(acked, middle, std::ranges::greater());
  return *middle;
}

VoteResult majority_result(size_t voters, size_t granted, size_t refused) {
  check(granted + refused <= voters);
  if (voters == 0) return VoteResult::kWon;
  const size_t needed = voters / 2 + 1;
  if (granted >= needed) return VoteResult::kWon;
  return voters - refused >= needed ? VoteResult::kPending : VoteResult::kLost;
}

IdSet Voters::all() const {
  IdSet everyone = incoming;
  for (NodeId id : outgoing) everyone.add(id);
  return everyone;
}

VoteResult both(VoteResult incoming, VoteResult outgoing) {
  if (incoming == outgoing) return incoming;
  const bool is_lost = incoming == VoteResult::kLost || outgoing == VoteResult::kLost;
  return is_lost ? VoteResult::kLost : VoteResult::kPending;
}

}  // namespace argosy::etcd::raft
