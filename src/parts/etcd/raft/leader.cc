#include "base/check.h"
#include "parts/etcd/raft/conf_change_entry.h"
#include "parts/etcd/raft/core.h"

namespace argosy::etcd::raft {
namespace {

std::unexpected<Error> dropped(Code why) {
  return fail(why, "raft proposal dropped");
}

uint64_t payload_size(const std::vector<Entry>& entries) {
  uint64_t size = 0;
  for (const Entry& entry : entries) size += entry.data.size();
  return size;
}

}  // namespace

bool is_proposal_dropped(const Error& error) {
  return error.message() == "raft proposal dropped";
}

Result<void> Core::step_leader(Message message) {
  if (message.type == MessageType::kProp) {
    if (message.entries.empty()) return fail(Code::kInvalidArgument, "raft: empty proposal");
    TRY(propose(std::move(message.entries)));
    return {};
  }
  if (message.type == MessageType::kReadIndex) {
    if (message.entries.size() != 1)
      return fail(Code::kInvalidArgument, "raft: empty read request");
    handle_read_index({message.from, Bytes(message.entries[0].data.view()), {}});
    return {};
  }
  Progress* progress = tracker_.find(message.from);
  if (progress == nullptr) return {};
  switch (message.type) {
    case MessageType::kAppResp:
      handle_append_response(message, *progress);
      break;
    case MessageType::kHeartbeatResp:
      handle_heartbeat_response(message, *progress);
      break;
    case MessageType::kTransferLeader:
      start_transfer(message.from, *progress);
      break;
    default:
      break;
  }
  return {};
}

Result<LogIndex> Core::propose(std::vector<Entry> entries) {
  check(!entries.empty());
  TRY(refuse_proposal());
  if (role_ == Role::kFollower) return forward_proposal(std::move(entries));
  return append_proposed(std::move(entries));
}

Result<void> Core::refuse_proposal() const {
  bool is_accepted = false;
  switch (role_) {
    case Role::kLeader:
      is_accepted = lead_transferee_ == kNoNode && tracker_.find(config_.id) != nullptr;
      break;
    case Role::kFollower:
      is_accepted = leader_ != kNoNode && config_.forward_proposals;
      break;
    case Role::kCandidate:
    case Role::kPreCandidate:
      break;
  }
  if (!is_accepted) return dropped(Code::kUnavailable);
  return {};
}

Result<LogIndex> Core::forward_proposal(std::vector<Entry> entries) {
  const auto total = [](const std::vector<Entry>& list) {
    return list.size() * size_of(Entry{}) + payload_size(list);
  };
  // Proposals in a row share a message.
  if (!messages_.empty()) {
    Message& last = messages_.back();
    if (last.type == MessageType::kProp && last.to == leader_ && last.entries.size() < 64 &&
        total(last.entries) + total(entries) <= config_.max_size_per_message) {
      std::ranges::move(entries, std::back_inserter(last.entries));
      return LogIndex{};
    }
  }
  send({.type = MessageType::kProp, .to = leader_, .entries = std::move(entries)});
  return LogIndex{};
}

Result<LogIndex> Core::append_proposed(std::vector<Entry> entries) {
  const uint64_t size = payload_size(entries);
  const uint64_t limit = config_.max_uncommitted_size;
  // Empty entries always go in: a new leader's first one, and what leaves a joint
  // configuration.
  if (limit != 0 && size > 0 && uncommitted_size_ > 0 && uncommitted_size_ + size > limit) {
    return dropped(Code::kResourceExhausted);
  }
  TRY(screen_conf_changes(entries));
  uncommitted_size_ += payload_size(entries);
  const LogIndex first = log_.last_index() + 1;
  for (Entry& entry : entries) append_own(std::move(entry));
  want_append_to_all(AppendDue::kEntries);
  return first;
}

Result<void> Core::screen_conf_changes(std::vector<Entry>& entries) {
  const auto changes = [](const Entry& entry) { return entry.type != EntryType::kNormal; };
  for (const Entry& entry : entries) {
    if (changes(entry)) TRY(decode_conf_change(entry));
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!changes(entries[i])) continue;
    const bool leaves_joint = decode_conf_change(entries[i])->changes.empty();
    if (config_.validate_conf_changes && !is_timely(leaves_joint)) {
      entries[i] = Entry{};
    } else {
      pending_conf_index_ = log_.last_index() + i + 1;
    }
  }
  return {};
}

bool Core::is_timely(bool leaves_joint) const {
  const bool is_another_pending = pending_conf_index_ > log_.applied();
  return !is_another_pending && tracker_.configuration().is_joint() == leaves_joint;
}

void Core::append_own(Entry entry) {
  entry.term = term_;
  entry.index = log_.last_index() + 1;
  log_.append(std::move(entry));
}

void Core::check_quorum() {
  if (Progress* self = tracker_.find(config_.id)) self->is_recently_active = true;
  if (!tracker_.is_quorum_active()) return become_follower(term_, kNoNode);
  tracker_.forget_activity(config_.id);
}

void Core::transfer_leader(NodeId to) {
  if (role_ == Role::kLeader) {
    if (Progress* progress = tracker_.find(to)) start_transfer(to, *progress);
  } else if (role_ == Role::kFollower && leader_ != kNoNode) {
    send({.type = MessageType::kTransferLeader, .to = leader_, .from = to});
  }
}

void Core::start_transfer(NodeId to, Progress& progress) {
  if (progress.is_learner || to == lead_transferee_) return;
  if (lead_transferee_ != kNoNode) abort_transfer();
  if (to == config_.id) return;
  // It has one election timeout to happen.
  election_elapsed_ = 0;
  lead_transferee_ = to;
  if (progress.match == log_.last_index()) {
    send_timeout_now(to);
  } else {
    want_append(progress, AppendDue::kAlways);
  }
}

void Core::send_timeout_now(NodeId to) {
  is_lease_void_ = true;
  send({.type = MessageType::kTimeoutNow, .to = to});
}

void Core::abort_transfer() {
  lead_transferee_ = kNoNode;
  maybe_leave_joint();
}

}  // namespace argosy::etcd::raft
