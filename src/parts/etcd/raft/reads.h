// Linearizable reads on a leader (thesis 6.4): which wait for a quorum, and how far the
// quorum got.
//
// Each request and each round of heartbeats takes the next number. Heartbeats carry the
// newest, answers bring it back, and a quorum that answered number n confirms that we
// still led when all up to n were made.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "parts/etcd/raft/quorum.h"

namespace argosy::etcd::raft {

struct ReadRequest {
  NodeId from;
  Bytes context;
  // What was committed when it came.
  LogIndex index;
};

class Reads {
 public:
  void add(ReadRequest request);
  // A round of heartbeats leaves at this tick, whether or not anybody wants to read.
  void beat(uint64_t tick);
  // What the next heartbeats carry; empty when no answer is wanted.
  Bytes heartbeat_context() const;

  // Ignores what no heartbeat of ours carried.
  void acknowledged(NodeId id, BytesView context);
  // The requests that a quorum has confirmed by now, with ourselves, in order; once.
  std::vector<ReadRequest> take_confirmed(const Voters& voters, NodeId self);
  // The tick of the last round of heartbeats that a quorum answered.
  std::optional<uint64_t> lease_began() const { return lease_began_; }

 private:
  template <typename Item>
  struct Numbered {
    uint64_t number;
    Item item;
  };

  uint64_t newest_ = 0;
  std::deque<Numbered<ReadRequest>> requests_;
  std::deque<Numbered<uint64_t>> beats_;
  std::map<NodeId, uint64_t> acknowledged_;
  std::optional<uint64_t> lease_began_;
};

}  // namespace argosy::etcd::raft
