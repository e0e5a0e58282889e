// How one member takes part in raft. Sizes are bytes, times are ticks of the owner.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "parts/etcd/raft/types.h"

namespace argosy::etcd::raft {

enum class ReadOnlyOption : uint8_t {
  // A quorum confirms the leader after each read request arrived (thesis 6.4).
  kSafe,
  // A leader answers by itself as long as a quorum answered a heartbeat sent less than
  // three quarters of an election timeout ago (thesis 6.4.1); else as kSafe. Holds while
  // the members' clocks differ in rate by less than a fifth. Needs check_quorum, on every
  // member, and nobody calling Node::campaign() while there is a leader.
  kLease,
};

struct Config {
  NodeId id;

  // A follower that hears no leader for a time between once and twice election_tick
  // campaigns; a leader sends heartbeats every heartbeat_tick, which is the smaller.
  uint32_t election_tick = 10;
  uint32_t heartbeat_tick = 1;
  // The election timeouts follow from it: members of a cluster take different ones.
  uint64_t seed = 0;

  // Of the entries in one append message; a single larger entry still goes alone.
  uint64_t max_size_per_message = 1 << 20;
  // Of the committed entries handed out and not yet reported applied; 0 is as above.
  uint64_t max_applying_size = 0;
  // Of the payloads that a leader accepted and has not applied; 0 is no limit. An
  // empty log tail takes a proposal of any size.
  uint64_t max_uncommitted_size = 0;
  // Append messages (and their bytes, 0 is no limit) on the way to one follower.
  uint32_t max_inflight_messages = 512;
  uint64_t max_inflight_bytes = 0;

  // A leader that hears no quorum for an election timeout steps down, and a member that
  // heard its leader within one ignores candidates (thesis 6.2).
  bool check_quorum = true;
  // Ask before raising the term (thesis 9.6).
  bool pre_vote = true;
  ReadOnlyOption read_only = ReadOnlyOption::kSafe;

  // A follower passes proposals on to its leader; else it drops them.
  bool forward_proposals = true;
  // A leader turns a configuration change that it finds untimely into an empty entry. Only
  // for tests of owners that want the change refused when it is applied.
  bool validate_conf_changes = true;
  // A leader that a configuration change removed or made a learner steps down at once.
  bool step_down_on_removal = false;
};

// InvalidArgument, with the original's text.
Result<void> validate(const Config& config);

}  // namespace argosy::etcd::raft
