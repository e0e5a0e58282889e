#include "parts/etcd/raft/core.h"

namespace argosy::etcd::raft {

bool Core::has_ready() const {
  if (is_heartbeat_due_ || !messages_.empty() || !messages_after_append_.empty()) return true;
  if (soft_state() != given_soft_state_ || hard_state() != given_hard_state_) return true;
  if (log_.has_unwritten() || log_.has_appliable()) return true;
  if (!read_states_.empty() || !snapshots_wanted_.empty()) return true;
  return std::ranges::any_of(tracker_.members(), [](const auto& member) {
    return member.second.due != AppendDue::kNothing;
  });
}

Ready Core::take_ready() {
  flush_heartbeats();
  flush_appends();
  Ready ready;
  if (soft_state() != given_soft_state_) ready.soft_state = given_soft_state_ = soft_state();
  if (log_.has_unwritten()) {
    Log::Unwritten unwritten = log_.unwritten();
    ready.entries = std::move(unwritten.entries);
    ready.snapshot = std::move(unwritten.snapshot);
  }
  const HardState now = hard_state();
  const bool is_vote_new = now.term != given_hard_state_.term || now.vote != given_hard_state_.vote;
  if (now != given_hard_state_) ready.hard_state = given_hard_state_ = now;
  ready.must_sync = is_vote_new || !ready.entries.empty() || ready.snapshot.has_value();

  ready.messages = std::exchange(messages_, {});
  const bool has_write = ready.must_sync || ready.hard_state.has_value();
  const bool must_wait = !messages_after_append_.empty() && log_.writes().is_under_way();
  if (has_write || must_wait) {
    ready.append = log_.give(now);
    ready.messages_after_append = std::exchange(messages_after_append_, {});
  } else {
    std::ranges::move(messages_after_append_, std::back_inserter(ready.messages));
    messages_after_append_.clear();
  }
  ready.committed_entries = log_.take_appliable();
  ready.read_states = std::exchange(read_states_, {});
  ready.snapshots_wanted = std::exchange(snapshots_wanted_, {});
  return ready;
}

void Core::appended(AppendId append) {
  log_.finish(append);
  const Writes& writes = log_.writes();
  if (role_ == Role::kLeader) {
    // Only now do our own entries count: others may have stored them before us.
    Progress* self = tracker_.find(config_.id);
    if (self != nullptr && self->update(writes.stable())) maybe_commit();
  } else if (role_ == Role::kCandidate && writes.durable_term() == term_ &&
             writes.durable_vote() == config_.id) {
    record_vote(config_.id, true);
  }
}

void Core::applied(LogIndex index) {
  const uint64_t payload = log_.applied_to(index);
  uncommitted_size_ -= std::min(uncommitted_size_, payload);
  maybe_leave_joint();
}

}  // namespace argosy::etcd::raft
