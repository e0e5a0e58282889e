#include "parts/etcd/raft/conf_change.h"

#include "base/format.h"

namespace argosy::etcd::raft {
namespace {

size_t count_missing(const IdSet& from, const IdSet& in) {
  return static_cast<size_t>(
      std::ranges::count_if(from, [&in](NodeId id) { return !in.contains(id); }));
}

Result<void> check_learners(const Membership& membership) {
  const auto& [voters, learners, learners_next, auto_leave] = membership.configuration;
  for (NodeId id : learners_next) {
    if (!voters.outgoing.contains(id)) {
      return fail(Code::kInvalidArgument,
                  format("{} is in LearnersNext, but not Voters[1]", id.value()));
    }
    if (membership.progress.at(id).is_learner) {
      return fail(Code::kInvalidArgument,
                  format("{} is in LearnersNext, but is already marked as learner", id.value()));
    }
  }
  for (NodeId id : learners) {
    if (voters.contains(id)) {
      return fail(Code::kInvalidArgument, format("{} is in Learners and Voters[{}]", id.value(),
                                                 voters.outgoing.contains(id) ? 1 : 0));
    }
    if (!membership.progress.at(id).is_learner) {
      return fail(Code::kInvalidArgument,
                  format("{} is in Learners, but is not marked as learner", id.value()));
    }
  }
  return {};
}

Result<Membership> checked(Membership membership) {
  TRY(check_invariants(membership));
  return membership;
}

}  // namespace

ChangeKind kind_of(const ConfChangeV2& change) {
  if (change.transition != ConfChangeTransition::kAuto || change.changes.size() > 1) {
    return ChangeKind::kEnterJoint;
  }
  return change.changes.empty() ? ChangeKind::kLeaveJoint : ChangeKind::kSimple;
}

Result<void> check_invariants(const Membership& membership) {
  const Configuration& configuration = membership.configuration;
  const IdSet voters = configuration.voters.all();
  for (const IdSet* ids : {&voters, &configuration.learners, &configuration.learners_next}) {
    for (NodeId id : *ids) {
      if (!membership.progress.contains(id)) {
        return fail(Code::kInvalidArgument, format("no progress for {}", id.value()));
      }
    }
  }
  TRY(check_learners(membership));
  if (configuration.is_joint()) return {};
  if (!configuration.learners_next.empty()) {
    return fail(Code::kInvalidArgument, "cfg.LearnersNext must be nil when not joint");
  }
  if (configuration.auto_leave) {
    return fail(Code::kInvalidArgument, "AutoLeave must be false when not joint");
  }
  return {};
}

Changer::Changer(const Tracker& tracker, LogIndex next_index)
    : tracker_(tracker), next_index_(next_index) {}

Result<Membership> Changer::apply(const ConfChangeV2& change) const {
  switch (kind_of(change)) {
    case ChangeKind::kSimple:
      return simple(change.changes);
    case ChangeKind::kLeaveJoint:
      return leave_joint();
    case ChangeKind::kEnterJoint:
      break;
  }
  return enter_joint(change.transition != ConfChangeTransition::kJointExplicit, change.changes);
}

Result<Membership> Changer::simple(std::span<const ConfChangeSingle> changes) const {
  const Configuration& before = tracker_.configuration();
  if (before.is_joint()) {
    return fail(Code::kInvalidArgument, "can't apply simple config change in joint config");
  }
  Membership next{before, tracker_.members()};
  TRY(apply_to(next, changes));
  const IdSet& old_voters = before.voters.incoming;
  const IdSet& new_voters = next.configuration.voters.incoming;
  if (count_missing(old_voters, new_voters) + count_missing(new_voters, old_voters) > 1) {
    return fail(Code::kInvalidArgument,
                "more than one voter changed without entering joint config");
  }
  return checked(std::move(next));
}

Result<Membership> Changer::enter_joint(bool auto_leave,
                                        std::span<const ConfChangeSingle> changes) const {
  const Configuration& before = tracker_.configuration();
  if (before.is_joint()) return fail(Code::kInvalidArgument, "config is already joint");
  if (before.voters.incoming.empty()) {
    return fail(Code::kInvalidArgument, "can't make a zero-voter config joint");
  }
  Membership next{before, tracker_.members()};
  next.configuration.voters.outgoing = before.voters.incoming;
  TRY(apply_to(next, changes));
  next.configuration.auto_leave = auto_leave;
  return checked(std::move(next));
}

Result<Membership> Changer::leave_joint() const {
  if (!tracker_.configuration().is_joint()) {
    return fail(Code::kInvalidArgument, "can't leave a non-joint config");
  }
  Membership next{tracker_.configuration(), tracker_.members()};
  Configuration& configuration = next.configuration;
  for (NodeId id : configuration.learners_next) {
    configuration.learners.add(id);
    next.progress.at(id).is_learner = true;
  }
  configuration.learners_next.clear();
  for (NodeId id : configuration.voters.outgoing) {
    const bool stays =
        configuration.voters.incoming.contains(id) || configuration.learners.contains(id);
    if (!stays) next.progress.erase(id);
  }
  configuration.voters.outgoing.clear();
  configuration.auto_leave = false;
  return checked(std::move(next));
}

Result<void> Changer::apply_to(Membership& next, std::span<const ConfChangeSingle> changes) const {
  for (const ConfChangeSingle& change : changes) {
    // So an owner marks a change that it refused.
    if (change.node_id == kNoNode) continue;
    switch (change.type) {
      case ConfChangeType::kAddNode:
        make_voter(next, change.node_id);
        break;
      case ConfChangeType::kAddLearnerNode:
        make_learner(next, change.node_id);
        break;
      case ConfChangeType::kRemoveNode:
        remove(next, change.node_id);
        break;
      case ConfChangeType::kUpdateNode:
        break;
    }
  }
  if (next.configuration.voters.incoming.empty()) {
    return fail(Code::kInvalidArgument, "removed all voters");
  }
  return {};
}

Progress& Changer::ensure(Membership& next, NodeId id) const {
  auto [at, is_new] = next.progress.try_emplace(id, tracker_.fresh_progress(next_index_));
  // A newcomer has had no time to be heard of before the next quorum check.
  if (is_new) at->second.is_recently_active = true;
  return at->second;
}

void Changer::make_voter(Membership& next, NodeId id) const {
  ensure(next, id).is_learner = false;
  next.configuration.learners.remove(id);
  next.configuration.learners_next.remove(id);
  next.configuration.voters.incoming.add(id);
}

void Changer::make_learner(Membership& next, NodeId id) const {
  Configuration& configuration = next.configuration;
  Progress& progress = ensure(next, id);
  if (progress.is_learner) return;
  configuration.voters.incoming.remove(id);
  if (configuration.voters.outgoing.contains(id)) {
    configuration.learners_next.add(id);
  } else {
    progress.is_learner = true;
    configuration.learners.add(id);
  }
}

void Changer::remove(Membership& next, NodeId id) const {
  Configuration& configuration = next.configuration;
  configuration.voters.incoming.remove(id);
  configuration.learners.remove(id);
  configuration.learners_next.remove(id);
  // It still votes in the outgoing half.
  if (!configuration.voters.outgoing.contains(id)) next.progress.erase(id);
}

Result<Membership> restore_membership(const ConfState& state, const Tracker& tracker,
                                      LogIndex next_index) {
  Membership membership;
  membership.configuration = Configuration{
      .voters = {.incoming = IdSet(state.voters), .outgoing = IdSet(state.voters_outgoing)},
      .learners = IdSet(state.learners),
      .learners_next = IdSet(state.learners_next),
      .auto_leave = state.auto_leave};
  const Configuration& configuration = membership.configuration;
  if (configuration.voters.incoming.empty() &&
      !(configuration.learners.empty() && configuration.voters.outgoing.empty())) {
    return fail(Code::kInvalidArgument, "removed all voters");
  }
  const IdSet voters = configuration.voters.all();
  for (const IdSet* ids : {&voters, &configuration.learners}) {
    for (NodeId id : *ids) {
      auto [at, is_new] = membership.progress.try_emplace(id, tracker.fresh_progress(next_index));
      at->second.is_recently_active = true;
      at->second.is_learner = configuration.learners.contains(id);
    }
  }
  return checked(std::move(membership));
}

}  // namespace argosy::etcd::raft
