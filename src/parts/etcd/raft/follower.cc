#include "base/check.h"
#include "parts/etcd/raft/core.h"

namespace argosy::etcd::raft {
namespace {

// A leader's entries follow each other, and none is newer than the leader.
bool is_well_formed(const Message& append) {
  Position previous{append.index, append.log_term};
  for (const Entry& entry : append.entries) {
    if (entry.index != previous.index + 1 || entry.term < previous.term) return false;
    previous = {entry.index, entry.term};
  }
  return previous.term <= append.term;
}

bool is_member(const ConfState& state, NodeId id) {
  const auto has = [id](const std::vector<NodeId>& ids) {
    return std::ranges::find(ids, id) != ids.end();
  };
  return has(state.voters) || has(state.learners) || has(state.voters_outgoing);
}

}  // namespace

Result<void> Core::step_follower(Message message) {
  switch (message.type) {
    case MessageType::kProp:
      if (message.entries.empty()) return fail(Code::kInvalidArgument, "raft: empty proposal");
      TRY(propose(std::move(message.entries)));
      return {};
    case MessageType::kApp:
    case MessageType::kHeartbeat:
    case MessageType::kSnap:
      return follow(std::move(message));
    case MessageType::kTransferLeader:
    case MessageType::kReadIndex:
      if (leader_ == kNoNode) return {};
      message.to = leader_;
      send(std::move(message));
      return {};
    case MessageType::kTimeoutNow:
      hup(Campaign::kTransfer);
      return {};
    case MessageType::kReadIndexResp:
      if (message.entries.size() != 1) {
        return fail(Code::kInvalidArgument, "raft: empty read response");
      }
      read_states_.push_back({message.index, Bytes(message.entries[0].data.view())});
      return {};
    default:
      return {};
  }
}

Result<void> Core::follow(Message message) {
  election_elapsed_ = 0;
  leader_ = message.from;
  if (message.type == MessageType::kApp) return handle_append(std::move(message));
  if (message.type == MessageType::kHeartbeat) return handle_heartbeat(message);
  return handle_snapshot(std::move(message));
}

Result<void> Core::handle_append(Message message) {
  if (!is_well_formed(message)) return fail(Code::kInvalidArgument, "raft: malformed append");
  Message answer{.type = MessageType::kAppResp, .to = message.from};
  if (message.index < log_.committed()) {
    answer.index = log_.committed();
  } else if (log_.matches({message.index, message.log_term})) {
    answer.index = message.index + message.entries.size();
    TRY(log_.append_after(message.index, std::move(message.entries)));
    TRY(log_.commit_to(std::min(message.commit, answer.index)));
  } else {
    // Where the logs may match at best, so that the leader need not go back one by one.
    const LogIndex end = std::min(message.index, log_.last_index());
    const Position hint = log_.last_not_above(end, message.log_term);
    answer.index = message.index;
    answer.reject = true;
    answer.reject_hint = hint.index;
    answer.log_term = hint.term;
    // It promises nothing that would have to be durable.
    send(std::move(answer));
    return {};
  }
  send_after_append(std::move(answer));
  return {};
}

Result<void> Core::handle_heartbeat(const Message& message) {
  TRY(log_.commit_to(message.commit));
  send({.type = MessageType::kHeartbeatResp, .to = message.from, .context = message.context});
  return {};
}

Result<void> Core::handle_snapshot(Message message) {
  if (!message.snapshot) return fail(Code::kInvalidArgument, "raft: no snapshot in message");
  const bool is_restored = TRY(restore_from(*std::move(message.snapshot)));
  send_after_append({.type = MessageType::kAppResp,
                     .to = message.from,
                     .index = is_restored ? log_.last_index() : log_.committed()});
  return {};
}

Result<bool> Core::restore_from(Snapshot snapshot) {
  const SnapshotMetadata metadata = snapshot.metadata;
  if (metadata.index <= log_.committed()) return false;
  if (!is_member(metadata.conf_state, config_.id)) return false;
  // We have it all, we just did not know that it is committed.
  if (log_.matches({metadata.index, metadata.term})) {
    TRY(log_.commit_to(metadata.index));
    return false;
  }
  Membership membership =
      TRY(restore_membership(metadata.conf_state, tracker_, metadata.index + 1));
  log_.restore(std::move(snapshot));
  conf_index_ = metadata.index;
  switch_to(std::move(membership));
  return true;
}

}  // namespace argosy::etcd::raft
