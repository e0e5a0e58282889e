#include "parts/etcd/raft/core.h"

namespace argosy::etcd::raft {

Result<ConfState> Core::apply_conf_change(LogIndex index, const ConfChangeV2& change) {
  // The owner may still be applying entries from before a snapshot that we know of.
  if (index <= conf_index_) return tracker_.conf_state();
  const Changer changer(tracker_, std::max(log_.last_index(), LogIndex(1)));
  switch_to(TRY(changer.apply(change)));
  return tracker_.conf_state();
}

void Core::switch_to(Membership membership) {
  tracker_.replace(std::move(membership.configuration), std::move(membership.progress));
  if (role_ != Role::kLeader) return;
  const Progress* self = tracker_.find(config_.id);
  if (self == nullptr || self->is_learner) {
    // It goes on, without a vote of its own, for those who still need to hear of it; or lets
    // them know with its last words.
    if (!config_.step_down_on_removal) return;
    want_append_to_all(AppendDue::kCommit);
    flush_appends();
    become_follower(term_, kNoNode);
    return;
  }
  // Fewer may be needed now; and newcomers need not wait for the next proposal.
  if (!maybe_commit()) want_append_to_all(AppendDue::kEntries);
  if (lead_transferee_ != kNoNode && !tracker_.is_voter(lead_transferee_)) abort_transfer();
}

void Core::maybe_leave_joint() {
  if (role_ != Role::kLeader || !tracker_.configuration().auto_leave) return;
  if (log_.applied() < pending_conf_index_) return;
  // May be dropped during a transfer: then its end, or the next applied entry, tries again.
  (void)propose({Entry{.type = EntryType::kConfChangeV2}});
}

}  // namespace argosy::etcd::raft
