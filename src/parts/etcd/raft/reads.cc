#include "parts/etcd/raft/reads.h"

namespace argosy::etcd::raft {

void Reads::add(ReadRequest request) {
  requests_.push_back({++newest_, std::move(request)});
}

void Reads::beat(uint64_t tick) {
  beats_.push_back({++newest_, tick});
}

Bytes Reads::heartbeat_context() const {
  if (requests_.empty() && beats_.empty()) return {};
  Bytes context(sizeof newest_, '\0');
  store_le64(context.data(), newest_);
  return context;
}

void Reads::acknowledged(NodeId id, BytesView context) {
  if (context.size() != sizeof newest_) return;
  const uint64_t number = load_le64(context.data());
  if (number > newest_) return;
  uint64_t& known = acknowledged_[id];
  known = std::max(known, number);
}

std::vector<ReadRequest> Reads::take_confirmed(const Voters& voters, NodeId self) {
  const uint64_t confirmed = committed_index(voters, [this, self](NodeId id) {
                               if (id == self) return LogIndex(newest_);
                               auto found = acknowledged_.find(id);
                               return LogIndex(found == acknowledged_.end() ? 0 : found->second);
                             }).value();
  std::vector<ReadRequest> taken;
  while (!requests_.empty() && requests_.front().number <= confirmed) {
    taken.push_back(std::move(requests_.front().item));
    requests_.pop_front();
  }
  while (!beats_.empty() && beats_.front().number <= confirmed) {
    lease_began_ = beats_.front().item;
    beats_.pop_front();
  }
  return taken;
}

}  // namespace argosy::etcd::raft
