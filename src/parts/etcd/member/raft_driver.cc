// Raft's Readies, carried out.
#include "base/bytes.h"
#include "parts/etcd/member/member.h"
#include "sys/log/log.h"

namespace argosy::etcd::member {

void Member::tick() {
  node_.tick();
  tick_timer_.arm_after(options_.tick);
  wants_pump();
}

// A lone voter need not wait to elect itself, and a member that comes back need not
// wait a whole election timeout (the original's initial-election-tick-advance).
void Member::advance_first_election() {
  const bool is_known = first_members_.contains(booted_id_) || cluster_.find(booted_id_) != nullptr;
  uint32_t ticks = 0;
  if (is_known && transport_->peer_ids().empty()) {
    ticks = options_.election_ticks - 1;
  } else if (options_.advance_first_election) {
    ticks = options_.election_ticks / 2;
  }
  for (uint32_t i = 0; i < ticks; ++i) node_.tick();
}

void Member::wants_pump() {
  parts_.loop.at_turn_end(pump_);
}

void Member::pump() {
  while (node_.has_ready()) handle(node_.take_ready());
  apply_committed();
}

void Member::handle(raft::Ready ready) {
  if (ready.soft_state) on_soft_state(*ready.soft_state);
  if (ready.has_append()) write_append(ready);
  for (raft::Message& message : ready.messages) transport_->send(std::move(message));
  for (raft::Entry& entry : ready.committed_entries) to_apply_.push_back(std::move(entry));
  for (const raft::ReadState& state : ready.read_states) gate_.on_read_state(state);
  for (const raft::NodeId id : ready.snapshots_wanted) scope_.spawn(send_snapshot(id));
  counters_.proposals_committed = node_.committed().value();
}

void Member::write_append(raft::Ready& ready) {
  LogAppend append;
  append.id = ready.append;
  if (ready.hard_state) append.hard_state = *ready.hard_state;
  append.entries = std::move(ready.entries);
  append.must_sync = ready.must_sync;
  append.snapshot = ready.snapshot;
  if (ready.snapshot) is_installing_ = true;
  after_append_.push_back(
      {ready.append, std::move(ready.messages_after_append), std::move(ready.snapshot)});
  log_->append(std::move(append));
}

void Member::on_appended(raft::AppendId id) {
  appended_ = id;
  report_appended();
}

// While a snapshot replaces the state nothing behind it is reported: raft would take it
// for installed and hand out entries that follow it.
void Member::report_appended() {
  while (!is_replacing_ && !after_append_.empty() && after_append_.front().id <= appended_) {
    AfterAppend& front = after_append_.front();
    if (front.snapshot) {
      is_replacing_ = true;
      scope_.spawn(install_snapshot(*front.snapshot));
      return;
    }
    node_.appended(front.id);
    for (raft::Message& message : front.messages) transport_->send(std::move(message));
    after_append_.pop_front();
  }
  wants_pump();
}

void Member::on_soft_state(const raft::SoftState& state) {
  const uint64_t leader = state.leader.value();
  if (leader != last_leader_) {
    if (leader == 0) {
      leader_lost_at_ = parts_.loop.now();
      log_info("lost leader", {{"local-member-id", to_hex(booted_id_)},
                               {"lost-leader", to_hex(last_leader_)},
                               {"term", term()}});
    } else {
      ++counters_.leader_changes;
      gate_.on_leader_changed();
      log_info(
          "elected leader",
          {{"local-member-id", to_hex(booted_id_)}, {"leader", to_hex(leader)}, {"term", term()}});
    }
    last_leader_ = leader;
    leader_changed_.notify_all();
  }
  if (state.role != raft::Role::kLeader && state_->lessor().is_primary()) {
    state_->lessor().demote();
  }
}

void Member::on_message(raft::Message message) {
  const auto stepped = node_.step(std::move(message));
  if (!stepped && stepped.error().code() == Code::kDataLoss) fatal(stepped.error());
  wants_pump();
}

void Member::on_unreachable(raft::NodeId id) {
  node_.report_unreachable(id);
  wants_pump();
}

void Member::on_snapshot_sent(raft::NodeId id, bool ok) {
  node_.report_snapshot(id, ok);
  wants_pump();
}

void Member::on_round_trip(raft::NodeId id, Duration took) {
  if (counters_.on_round_trip) counters_.on_round_trip(id.value(), took);
}

bool Member::is_removed(raft::NodeId id) const {
  return cluster_.is_removed(id.value());
}

void Member::on_self_removed() {
  fatal(
      Error(Code::kFailedPrecondition, "the member has been permanently removed from the cluster"));
}

void Member::fatal(const Error& error) {
  if (options_.on_fatal) options_.on_fatal(error);
  log_fatal("the member must stop", {{"error", error}});
}

}  // namespace argosy::etcd::member
