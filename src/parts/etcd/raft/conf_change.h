// From one configuration to the next (thesis chapter 4): what a change makes of the
// configuration and of the members' progress. Refused changes leave no trace.
//
// A simple change moves at most one voter. Anything larger goes through a joint
// configuration, in which the outgoing voters decide as well, and needs a second change
// to leave it.
#pragma once

#include <span>

#include "base/result.h"
#include "parts/etcd/raft/tracker.h"

namespace argosy::etcd::raft {

struct Membership {
  Configuration configuration;
  ProgressMap progress;
};

// How a change is meant: with several changes or an explicit transition it enters a joint
// configuration, with none at all it leaves one.
enum class ChangeKind : uint8_t { kSimple, kEnterJoint, kLeaveJoint };
ChangeKind kind_of(const ConfChangeV2& change);

// Applies changes to the members of a tracker; a new member is sent entries from
// next_index on. Errors are InvalidArgument with the original's texts.
class Changer {
 public:
  Changer(const Tracker& tracker, LogIndex next_index);

  Result<Membership> apply(const ConfChangeV2& change) const;
  Result<Membership> simple(std::span<const ConfChangeSingle> changes) const;
  Result<Membership> enter_joint(bool auto_leave, std::span<const ConfChangeSingle> changes) const;
  Result<Membership> leave_joint() const;

 private:
  Result<void> apply_to(Membership& next, std::span<const ConfChangeSingle> changes) const;
  void make_voter(Membership& next, NodeId id) const;
  void make_learner(Membership& next, NodeId id) const;
  void remove(Membership& next, NodeId id) const;
  Progress& ensure(Membership& next, NodeId id) const;

  const Tracker& tracker_;
  LogIndex next_index_;
};

// The members as a snapshot or a restart names them. InvalidArgument for a configuration
// that no changes lead to.
Result<Membership> restore_membership(const ConfState& state, const Tracker& tracker,
                                      LogIndex next_index);

// What every configuration obeys; InvalidArgument says what does not.
Result<void> check_invariants(const Membership& membership);

}  // namespace argosy::etcd::raft
