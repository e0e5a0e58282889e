#include "parts/etcd/raft/config.h"

namespace argosy::etcd::raft {

Result<void> validate(const Config& config) {
  const auto refuse = [](const char* why) { return fail(Code::kInvalidArgument, why); };
  if (config.id == kNoNode) return refuse("cannot use none as id");
  if (config.heartbeat_tick == 0) return refuse("heartbeat tick must be greater than 0");
  if (config.election_tick <= config.heartbeat_tick) {
    return refuse("election tick must be greater than heartbeat tick");
  }
  if (config.max_inflight_messages == 0) {
    return refuse("max inflight messages must be greater than 0");
  }
  if (config.max_inflight_bytes != 0 && config.max_inflight_bytes < config.max_size_per_message) {
    return refuse("max inflight bytes must be >= max message size");
  }
  if (config.read_only == ReadOnlyOption::kLease && !config.check_quorum) {
    return refuse("CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased");
  }
  return {};
}

}  // namespace argosy::etcd::raft
