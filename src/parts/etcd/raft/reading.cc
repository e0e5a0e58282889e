#include "parts/etcd/raft/core.h"

namespace argosy::etcd::raft {

Result<void> Core::read_index(Bytes context) {
  if (role_ == Role::kLeader) {
    handle_read_index({config_.id, std::move(context), {}});
    return {};
  }
  if (leader_ == kNoNode) return fail(Code::kUnavailable, "raft: no leader");
  send({.type = MessageType::kReadIndex,
        .to = leader_,
        .entries = {Entry{.data = SharedBytes(std::move(context))}}});
  return {};
}

void Core::handle_read_index(ReadRequest request) {
  if (!has_committed_in_term()) {
    waiting_reads_.push_back(std::move(request));
    return;
  }
  request.index = log_.committed();
  if (tracker_.is_only_voter(config_.id) || holds_lease()) {
    answer_read(std::move(request));
    return;
  }
  reads_.add(std::move(request));
  is_heartbeat_due_ = true;
}

bool Core::holds_lease() const {
  if (config_.read_only != ReadOnlyOption::kLease || is_lease_void_) return false;
  const std::optional<uint64_t> began = reads_.lease_began();
  // A follower's promise lasts election_tick - 1 whole ticks of its own clock at least.
  const uint64_t length = (config_.election_tick - 1) * uint64_t{3} / 4;
  return began && ticks_ - *began < length;
}

void Core::confirm_reads() {
  for (ReadRequest& request : reads_.take_confirmed(tracker_.configuration().voters, config_.id)) {
    answer_read(std::move(request));
  }
}

void Core::release_waiting_reads() {
  if (!has_committed_in_term()) return;
  for (ReadRequest& request : std::exchange(waiting_reads_, {})) {
    handle_read_index(std::move(request));
  }
}

void Core::answer_read(ReadRequest request) {
  if (request.from == config_.id || request.from == kNoNode) {
    read_states_.push_back({request.index, std::move(request.context)});
    return;
  }
  send({.type = MessageType::kReadIndexResp,
        .to = request.from,
        .index = request.index,
        .entries = {Entry{.data = SharedBytes(std::move(request.context))}}});
}

}  // namespace argosy::etcd::raft
