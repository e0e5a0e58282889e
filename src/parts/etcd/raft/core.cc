#include "parts/etcd/raft/core.h"

#include "base/check.h"
#include "base/format.h"
#include "parts/etcd/raft/conf_change_entry.h"

namespace argosy::etcd::raft {
namespace {

// Of messages that only answer something we sent.
bool is_response(MessageType type) {
  return type == MessageType::kAppResp || type == MessageType::kVoteResp ||
         type == MessageType::kHeartbeatResp || type == MessageType::kReadIndexResp ||
         type == MessageType::kPreVoteResp;
}

// Of messages that the original's nodes send to themselves.
bool is_local(MessageType type) {
  return type == MessageType::kHup || type == MessageType::kBeat ||
         type == MessageType::kUnreachable || type == MessageType::kSnapStatus ||
         type == MessageType::kCheckQuorum;
}

bool is_vote(MessageType type) {
  return type == MessageType::kVote || type == MessageType::kPreVote;
}

bool carries_own_term(MessageType type) {
  return is_vote(type) || type == MessageType::kVoteResp || type == MessageType::kPreVoteResp;
}

Result<void> check_entries(const RestoredState& state) {
  Position previous{state.compacted_index, state.compacted_term};
  for (const Entry& entry : state.entries) {
    if (entry.index != previous.index + 1 || entry.term < previous.term) {
      return fail(Code::kDataLoss, format("entry (index {}, term {}) follows (index {}, term {})",
                                          entry.index.value(), entry.term.value(),
                                          previous.index.value(), previous.term.value()));
    }
    previous = {entry.index, entry.term};
  }
  return {};
}

// A leader proposes a configuration change only after it applied the one before, so all
// but the last in a log are committed, even if a crash lost the mark that says so. Without
// this a member could campaign in a configuration two changes old, whose quorums need not
// meet those of today's.
LogIndex committed_by_inference(const std::vector<Entry>& entries) {
  LogIndex last;
  LogIndex before_last;
  for (const Entry& entry : entries) {
    if (entry.type != EntryType::kNormal) before_last = std::exchange(last, entry.index);
  }
  return before_last;
}

}  // namespace

Core::Core(const Config& config, Log log)
    : config_(config),
      log_(std::move(log)),
      tracker_(config.max_inflight_messages, config.max_inflight_bytes),
      random_state_(config.seed) {}

Result<std::unique_ptr<Core>> Core::create(const Config& config, RestoredState state) {
  TRY(validate(config));
  TRY(check_entries(state));
  const LogIndex last = state.compacted_index + state.entries.size();
  LogIndex& commit = state.hard_state.commit;
  if (commit > last || state.applied > last || state.applied < state.compacted_index) {
    return fail(Code::kDataLoss,
                format("state.commit {} or applied {} is out of range [{}, {}]", commit.value(),
                       state.applied.value(), state.compacted_index.value(), last.value()));
  }
  // A crash may have lost the newest commit index: what is applied was committed.
  commit = std::max(commit, state.applied);
  if (config.validate_conf_changes) {
    commit = std::max(commit, committed_by_inference(state.entries));
  }
  const uint64_t max_applying =
      config.max_applying_size != 0 ? config.max_applying_size : config.max_size_per_message;
  Log log({state.compacted_index, state.compacted_term}, std::move(state.entries), state.hard_state,
          state.applied, max_applying);
  auto core = std::make_unique<Core>(config, std::move(log));
  TRY(core->restore(state));
  return core;
}

Result<void> Core::restore(const RestoredState& state) {
  Membership membership =
      TRY(restore_membership(state.conf_state, tracker_, log_.last_index() + 1));
  tracker_.replace(std::move(membership.configuration), std::move(membership.progress));
  term_ = state.hard_state.term;
  vote_ = state.hard_state.vote;
  become_follower(term_, kNoNode);
  given_hard_state_ = hard_state();
  given_soft_state_ = soft_state();
  return {};
}

void Core::bootstrap(std::span<const Peer> peers) {
  check(term_ == Term{} && log_.last_index() == LogIndex{}, "bootstrap of a node with a past");
  become_follower(Term(1), kNoNode);
  for (const Peer& peer : peers) {
    const ConfChange change{.node_id = peer.id, .context = peer.context};
    append_own({.type = EntryType::kConfChange, .data = SharedBytes(encode(change))});
    check(apply_conf_change(log_.last_index(), as_v2(change)).has_value());
  }
  check(log_.commit_to(log_.last_index()).has_value());
}

void Core::tick() {
  ++ticks_;
  ++election_elapsed_;
  if (role_ == Role::kLeader) {
    tick_leader();
  } else {
    tick_follower();
  }
}

void Core::tick_follower() {
  if (!is_promotable() || election_elapsed_ < election_timeout_) return;
  election_elapsed_ = 0;
  campaign();
}

void Core::tick_leader() {
  if (election_elapsed_ >= config_.election_tick) {
    election_elapsed_ = 0;
    if (config_.check_quorum) check_quorum();
    if (role_ != Role::kLeader) return;
    if (lead_transferee_ != kNoNode) abort_transfer();
  }
  if (++heartbeat_elapsed_ >= config_.heartbeat_tick) {
    heartbeat_elapsed_ = 0;
    is_heartbeat_due_ = true;
  }
}

// splitmix64 (Steele, Lea, Flood 2014).
uint64_t Core::random() {
  uint64_t z = random_state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void Core::reset(Term term) {
  check(term >= term_);
  if (term_ != term) {
    term_ = term;
    vote_ = kNoNode;
    // Nobody waits for what was to be said in the old term; and the new one may undo what it
    // says before that reaches the disk.
    messages_after_append_.clear();
  }
  leader_ = kNoNode;
  election_elapsed_ = 0;
  heartbeat_elapsed_ = 0;
  election_timeout_ =
      config_.election_tick + static_cast<uint32_t>(random() % config_.election_tick);
  lead_transferee_ = kNoNode;
  is_lease_void_ = false;
  tracker_.reset_votes();
  for (auto& [id, progress] : tracker_.members()) {
    const bool is_learner = progress.is_learner;
    progress = tracker_.fresh_progress(log_.last_index() + 1);
    progress.is_learner = is_learner;
    if (id == config_.id) progress.match = log_.writes().stable();
  }
  pending_conf_index_ = LogIndex{};
  uncommitted_size_ = 0;
  reads_ = Reads{};
  waiting_reads_.clear();
  is_heartbeat_due_ = false;
}

Result<void> Core::step(Message message) {
  if (is_local(message.type)) {
    return fail(Code::kInvalidArgument, "raft: cannot step raft local message");
  }
  if (is_response(message.type) && tracker_.find(message.from) == nullptr) {
    return fail(Code::kInvalidArgument, "raft: cannot step as peer not found");
  }
  if (!meet_term(message)) return {};
  if (is_vote(message.type)) {
    answer_vote(message);
    return {};
  }
  return step_in_role(std::move(message));
}

Result<void> Core::step_in_role(Message message) {
  switch (role_) {
    case Role::kLeader:
      return step_leader(std::move(message));
    case Role::kFollower:
      return step_follower(std::move(message));
    case Role::kCandidate:
    case Role::kPreCandidate:
      break;
  }
  return step_candidate(std::move(message));
}

bool Core::meet_term(const Message& message) {
  // Requests passed on to a leader have no term.
  if (message.term == Term{} || message.term == term_) return true;
  if (message.term > term_) return meet_higher_term(message);
  meet_lower_term(message);
  return false;
}

bool Core::meet_higher_term(const Message& message) {
  const bool is_forced = message.context == kTransferContext;
  if (is_vote(message.type) && !is_forced && is_in_lease()) return false;
  // A pre-vote's term is one that nobody has entered yet.
  if (message.type == MessageType::kPreVote) return true;
  if (message.type == MessageType::kPreVoteResp && !message.reject) return true;
  const bool is_from_leader = message.type == MessageType::kApp ||
                              message.type == MessageType::kHeartbeat ||
                              message.type == MessageType::kSnap;
  become_follower(message.term, is_from_leader ? message.from : kNoNode);
  return true;
}

void Core::meet_lower_term(const Message& message) {
  if (message.type == MessageType::kApp || message.type == MessageType::kHeartbeat) {
    // The answer's term deposes a leader that our own campaign would not: it ignores that by
    // its lease, or it was a pre-vote only, or we have become a learner.
    send({.type = MessageType::kAppResp, .to = message.from});
  } else if (message.type == MessageType::kPreVote) {
    send({.type = MessageType::kPreVoteResp, .to = message.from, .term = term_, .reject = true});
  }
}

Message Core::addressed(Message message) const {
  if (message.from == kNoNode) message.from = config_.id;
  check(message.to != config_.id && message.to != kNoNode);
  if (carries_own_term(message.type)) {
    check(message.term != Term{});
  } else if (message.type != MessageType::kProp && message.type != MessageType::kReadIndex) {
    message.term = term_;
  }
  return message;
}

void Core::send(Message message) {
  messages_.push_back(addressed(std::move(message)));
}

void Core::send_after_append(Message message) {
  message = addressed(std::move(message));
  // Of several acknowledgements in a row the furthest says it all.
  if (!messages_after_append_.empty()) {
    Message& last = messages_after_append_.back();
    const bool is_same = last.type == MessageType::kAppResp && message.type == last.type &&
                         last.to == message.to && last.term == message.term;
    if (is_same) {
      last.index = std::max(last.index, message.index);
      return;
    }
  }
  messages_after_append_.push_back(std::move(message));
}

Status Core::status() const {
  Status status{.id = config_.id,
                .hard_state = hard_state(),
                .soft_state = soft_state(),
                .applied = log_.applied(),
                .first_index = log_.first_index(),
                .last_index = log_.last_index(),
                .stable_index = log_.writes().stable(),
                .lead_transferee = lead_transferee_,
                .progress = {}};
  if (role_ != Role::kLeader) return status;
  for (const auto& [id, progress] : tracker_.members()) {
    status.progress.push_back({.id = id,
                               .match = progress.match,
                               .next = progress.next,
                               .pending_snapshot = progress.pending_snapshot,
                               .state = progress.state,
                               .is_learner = progress.is_learner,
                               .is_recently_active = progress.is_recently_active,
                               .is_paused = progress.is_paused(),
                               .inflight_messages = progress.inflights.count()});
  }
  return status;
}

}  // namespace argosy::etcd::raft
