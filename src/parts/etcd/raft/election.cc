#include "base/check.h"
#include "parts/etcd/raft/core.h"

namespace argosy::etcd::raft {

void Core::become_follower(Term term, NodeId leader) {
  reset(term);
  role_ = Role::kFollower;
  leader_ = leader;
}

void Core::become_pre_candidate() {
  check(role_ != Role::kLeader);
  // Neither term nor vote: nothing is promised yet.
  tracker_.reset_votes();
  role_ = Role::kPreCandidate;
  leader_ = kNoNode;
}

void Core::become_candidate() {
  check(role_ != Role::kLeader);
  reset(term_ + 1);
  vote_ = config_.id;
  role_ = Role::kCandidate;
}

void Core::become_leader() {
  check(role_ == Role::kCandidate);
  reset(term_);
  role_ = Role::kLeader;
  leader_ = config_.id;
  Progress* self = tracker_.find(config_.id);
  check(self != nullptr);
  self->become_replicate();
  self->is_recently_active = true;
  // There may be a change among the entries that we took over.
  pending_conf_index_ = log_.last_index();
  // Only an entry of our own term can commit those before it (thesis 3.6.2).
  append_own({});
  want_append_to_all(AppendDue::kAlways);
}

void Core::campaign() {
  hup(config_.pre_vote ? Campaign::kPreVote : Campaign::kVote);
}

void Core::hup(Campaign campaign) {
  if (role_ == Role::kLeader || !is_promotable()) return;
  // Its configuration would be too old to say what a quorum is.
  if (log_.has_unapplied_conf_change()) return;
  start(campaign);
}

bool Core::is_promotable() const {
  const Progress* self = tracker_.find(config_.id);
  return self != nullptr && !self->is_learner && !log_.has_pending_snapshot();
}

void Core::start(Campaign campaign) {
  if (campaign == Campaign::kPreVote) {
    become_pre_candidate();
    ask_for_votes(campaign);
    record_vote(config_.id, true);
    return;
  }
  // Our own vote counts, and is told of, once it is durable: see appended().
  become_candidate();
  ask_for_votes(campaign);
}

void Core::ask_for_votes(Campaign campaign) {
  const bool is_pre_vote = campaign == Campaign::kPreVote;
  const Position last = log_.last();
  for (NodeId id : tracker_.configuration().voters.all()) {
    if (id == config_.id) continue;
    Message request{.type = is_pre_vote ? MessageType::kPreVote : MessageType::kVote,
                    .to = id,
                    .term = is_pre_vote ? term_ + 1 : term_,
                    .log_term = last.term,
                    .index = last.index};
    if (campaign == Campaign::kTransfer) request.context = kTransferContext;
    if (is_pre_vote) {
      send(std::move(request));
    } else {
      send_after_append(std::move(request));
    }
  }
}

void Core::record_vote(NodeId id, bool granted) {
  tracker_.record_vote(id, granted);
  switch (tracker_.election_result()) {
    case VoteResult::kPending:
      return;
    case VoteResult::kLost:
      return become_follower(term_, kNoNode);
    case VoteResult::kWon:
      break;
  }
  if (role_ == Role::kPreCandidate) {
    start(Campaign::kVote);
  } else {
    become_leader();
  }
}

bool Core::is_in_lease() const {
  if (!config_.check_quorum || election_elapsed_ >= config_.election_tick) return false;
  // What we promised before a restart is forgotten; reads by lease rely on it.
  const bool may_have_promised =
      config_.read_only == ReadOnlyOption::kLease && ticks_ < config_.election_tick;
  return leader_ != kNoNode || may_have_promised;
}

void Core::answer_vote(const Message& request) {
  const bool is_pre_vote = request.type == MessageType::kPreVote;
  const bool is_free = vote_ == kNoNode && leader_ == kNoNode;
  const bool can_vote = vote_ == request.from || is_free || (is_pre_vote && request.term > term_);
  const bool granted = can_vote && log_.is_up_to_date({request.index, request.log_term});
  // A refusal tells our term; a grant the one asked for, which a pre-vote has not entered.
  const Term term = granted ? request.term : term_;
  Message answer{.type = is_pre_vote ? MessageType::kPreVoteResp : MessageType::kVoteResp,
                 .to = request.from,
                 .term = term,
                 .reject = !granted};
  if (!granted) {
    answer.commit = log_.committed();
    answer.log_term = log_.term_at(answer.commit).value_or(Term{});
  }
  // Only a vote is a promise.
  if (is_pre_vote || !granted) return send(std::move(answer));
  election_elapsed_ = 0;
  vote_ = request.from;
  send_after_append(std::move(answer));
}

void Core::learn_commit(const Message& refusal) {
  if (refusal.commit <= log_.committed()) return;
  if (!log_.matches({refusal.commit, refusal.log_term})) return;
  check(log_.commit_to(refusal.commit).has_value());
  // Then we are no candidate until they are applied.
  if (log_.has_unapplied_conf_change()) become_follower(term_, kNoNode);
}

Result<void> Core::step_candidate(Message message) {
  const MessageType answer =
      role_ == Role::kPreCandidate ? MessageType::kPreVoteResp : MessageType::kVoteResp;
  if (message.type == answer) {
    record_vote(message.from, !message.reject);
    if (message.reject) learn_commit(message);
    return {};
  }
  switch (message.type) {
    case MessageType::kProp:
      return refuse_proposal();
    case MessageType::kApp:
    case MessageType::kHeartbeat:
    case MessageType::kSnap:
      become_follower(message.term, message.from);
      return follow(std::move(message));
    default:
      return {};
  }
}

void Core::forget_leader() {
  if (role_ != Role::kFollower || config_.read_only == ReadOnlyOption::kLease) return;
  leader_ = kNoNode;
}

}  // namespace argosy::etcd::raft
