// Who hears whom, how late and how often.
#pragma once

#include <set>

#include "parts/etcd/raft/types.h"
#include "parts/etcd/raftsim/plan.h"
#include "parts/etcd/raftsim/rng.h"

namespace argosy::etcd::raftsim {

class Network {
 public:
  Network(const Plan& plan, Rng& rng) : plan_(plan), rng_(rng) {}

  // Cuts members 1..count in two groups, or only some ways from one to another.
  void split(uint64_t count);
  void heal() { cut_.clear(); }
  // No more faults from now on, and only short delays.
  void calm();

  // The delays after which a message arrives: none if it is lost, several if duplicated.
  std::vector<uint64_t> deliveries(raft::NodeId from, raft::NodeId to);

 private:
  uint64_t delay();

  const Plan& plan_;
  Rng& rng_;
  bool is_calm_ = false;
  std::set<std::pair<raft::NodeId, raft::NodeId>> cut_;
};

}  // namespace argosy::etcd::raftsim
