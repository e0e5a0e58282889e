#include "base/check.h"
#include "parts/etcd/raft/core.h"

namespace argosy::etcd::raft {

// Messages are not made when the need for them arises but when the owner takes a Ready:
// so that all that came in between shares them.
void Core::want_append(Progress& progress, AppendDue due) {
  if (progress.is_paused()) return;
  const bool has_entries = progress.next <= log_.last_index();
  const bool has_news =
      progress.state == ProgressState::kProbe || progress.can_bump_commit(log_.committed());
  const bool is_useful =
      due == AppendDue::kAlways || has_entries || (due == AppendDue::kCommit && has_news);
  if (is_useful) progress.due = std::max(progress.due, due);
}

void Core::want_append_to_all(AppendDue due) {
  for (auto& [id, progress] : tracker_.members()) {
    if (id != config_.id) want_append(progress, due);
  }
}

void Core::flush_heartbeats() {
  if (!is_heartbeat_due_) return;
  is_heartbeat_due_ = false;
  if (config_.read_only == ReadOnlyOption::kLease) reads_.beat(ticks_);
  const Bytes context = reads_.heartbeat_context();
  for (auto& [id, progress] : tracker_.members()) {
    if (id == config_.id) continue;
    // Not beyond what the member is known to have: it may hold other entries there.
    const LogIndex commit = std::min(progress.match, log_.committed());
    send({.type = MessageType::kHeartbeat, .to = id, .commit = commit, .context = context});
    progress.sent_commit = commit;
  }
}

void Core::flush_appends() {
  for (auto& [id, progress] : tracker_.members()) {
    AppendDue due = std::exchange(progress.due, AppendDue::kNothing);
    if (due == AppendDue::kNothing || id == config_.id) continue;
    while (send_append(id, progress, due)) due = AppendDue::kEntries;
  }
}

bool Core::send_append(NodeId to, Progress& progress, AppendDue due) {
  if (progress.is_paused()) return false;
  const LogIndex previous = progress.next - 1;
  const std::optional<Term> previous_term = log_.term_at(previous);
  if (!previous_term) {
    want_snapshot(to, progress);
    return false;
  }
  std::vector<Entry> entries;
  const bool is_replicating = progress.state == ProgressState::kReplicate;
  if (!is_replicating || !progress.inflights.is_full()) {
    entries = log_.slice(progress.next, config_.max_size_per_message);
  }
  if (entries.empty()) {
    if (due == AppendDue::kEntries) return false;
    const bool has_news = !is_replicating || progress.can_bump_commit(log_.committed());
    if (due == AppendDue::kCommit && !has_news) return false;
  }
  uint64_t bytes = 0;
  for (const Entry& entry : entries) bytes += entry.data.size();
  progress.sent(entries.size(), bytes);
  progress.sent_commit = log_.committed();
  send({.type = MessageType::kApp,
        .to = to,
        .log_term = *previous_term,
        .index = previous,
        .entries = std::move(entries),
        .commit = log_.committed()});
  return true;
}

void Core::want_snapshot(NodeId to, Progress& progress) {
  // Snapshots are large: not for one who may be dead.
  if (!progress.is_recently_active) return;
  progress.become_snapshot(LogIndex{});
  snapshots_wanted_.push_back(to);
}

std::optional<Message> Core::snapshot_message(NodeId to, Snapshot snapshot) {
  const LogIndex index = snapshot.metadata.index;
  check(index > LogIndex{} && index <= log_.applied());
  if (role_ != Role::kLeader) return std::nullopt;
  Progress* progress = tracker_.find(to);
  if (progress == nullptr || progress->state != ProgressState::kSnapshot) return std::nullopt;
  if (std::optional<Term> term = log_.term_at(index)) check(*term == snapshot.metadata.term);
  progress->become_snapshot(index);
  return addressed({.type = MessageType::kSnap, .to = to, .snapshot = std::move(snapshot)});
}

void Core::report_unreachable(NodeId id) {
  if (role_ != Role::kLeader) return;
  Progress* progress = tracker_.find(id);
  // What was sent ahead is likely lost: find out what is left.
  if (progress != nullptr && progress->state == ProgressState::kReplicate) progress->become_probe();
}

void Core::report_snapshot(NodeId id, bool ok) {
  if (role_ != Role::kLeader) return;
  Progress* progress = tracker_.find(id);
  if (progress == nullptr || progress->state != ProgressState::kSnapshot) return;
  if (!ok) progress->pending_snapshot = LogIndex{};
  progress->become_probe();
  // The member's own word comes first: an acknowledgement, or the next heartbeat's answer.
  progress->is_waiting = true;
}

bool Core::maybe_commit() {
  const LogIndex agreed = tracker_.committed();
  // Older terms' entries are committed by those of ours, never by counting (thesis 3.6.2).
  if (agreed <= log_.committed() || !log_.matches({agreed, term_})) return false;
  check(log_.commit_to(agreed).has_value());
  release_waiting_reads();
  want_append_to_all(AppendDue::kCommit);
  return true;
}

void Core::handle_append_response(const Message& message, Progress& progress) {
  progress.is_recently_active = true;
  if (message.reject) return handle_rejection(message, progress);
  if (message.index > log_.last_index()) return;
  const bool is_probe_answered =
      progress.state == ProgressState::kProbe && progress.match == message.index;
  if (!progress.update(message.index) && !is_probe_answered) return;
  switch (progress.state) {
    case ProgressState::kProbe:
      progress.become_replicate();
      break;
    case ProgressState::kReplicate:
      progress.inflights.free_up_to(message.index);
      break;
    case ProgressState::kSnapshot:
      // Whether or not it was by our snapshot: the log is enough for it again.
      if (progress.match + 1 >= log_.first_index()) progress.become_replicate();
      break;
  }
  if (!maybe_commit()) want_append(progress, AppendDue::kCommit);
  want_append(progress, AppendDue::kEntries);
  if (message.from == lead_transferee_ && progress.match == log_.last_index()) {
    send_timeout_now(message.from);
  }
}

void Core::handle_rejection(const Message& message, Progress& progress) {
  LogIndex hint = message.reject_hint;
  // The follower has no term above log_term up to its hint, and neither may the place
  // where we match: skip all of ours at once (thesis 5.3 of the paper, fast backup).
  if (message.log_term > Term{}) hint = log_.last_not_above(hint, message.log_term).index;
  if (!progress.rejected(message.index, hint)) return;
  if (progress.state == ProgressState::kReplicate) progress.become_probe();
  want_append(progress, AppendDue::kAlways);
}

void Core::handle_heartbeat_response(const Message& message, Progress& progress) {
  progress.is_recently_active = true;
  progress.is_waiting = false;
  // An empty message finds out whether the ones before it got lost.
  if (progress.match < log_.last_index() || progress.state == ProgressState::kProbe) {
    want_append(progress, AppendDue::kAlways);
  }
  reads_.acknowledged(message.from, message.context);
  confirm_reads();
}

}  // namespace argosy::etcd::raft
