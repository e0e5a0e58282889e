#include "parts/etcd/raftsim/network.h"

namespace argosy::etcd::raftsim {

void Network::split(uint64_t count) {
  cut_.clear();
  const bool is_symmetric = rng_.percent(60);
  const uint64_t group = rng_.next();
  for (uint64_t from = 1; from <= count; ++from) {
    for (uint64_t to = 1; to <= count; ++to) {
      const bool is_across = ((group >> from) & 1) != ((group >> to) & 1);
      const bool is_cut = is_symmetric ? is_across : rng_.percent(30);
      if (from != to && is_cut) cut_.emplace(raft::NodeId(from), raft::NodeId(to));
    }
  }
}

void Network::calm() {
  is_calm_ = true;
  heal();
}

uint64_t Network::delay() {
  if (is_calm_) return rng_.between(1, 3);
  const uint64_t usual = rng_.between(1, plan_.delay_max);
  return rng_.percent(plan_.straggling) ? usual + rng_.between(10, 300) : usual;
}

std::vector<uint64_t> Network::deliveries(raft::NodeId from, raft::NodeId to) {
  if (is_calm_) return {delay()};
  if (cut_.contains({from, to}) || rng_.percent(plan_.loss)) return {};
  if (rng_.percent(plan_.duplication)) return {delay(), delay()};
  return {delay()};
}

}  // namespace argosy::etcd::raftsim
