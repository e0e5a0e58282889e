#include "parts/etcd/raft/inflights.h"

#include "base/check.h"

namespace argosy::etcd::raft {

void Inflights::add(LogIndex last, uint64_t bytes) {
  check(!is_full());
  check(window_.empty() || window_.back().last < last);
  window_.push_back({last, bytes});
  bytes_ += bytes;
}

void Inflights::free_up_to(LogIndex index) {
  while (!window_.empty() && window_.front().last <= index) {
    bytes_ -= window_.front().bytes;
    window_.pop_front();
  }
}

void Inflights::clear() {
  window_.clear();
  bytes_ = 0;
}

bool Inflights::is_full() const {
  return window_.size() >= max_messages_ || (max_bytes_ != 0 && bytes_ >= max_bytes_);
}

}  // namespace argosy::etcd::raft
