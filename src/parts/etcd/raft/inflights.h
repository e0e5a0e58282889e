// The append messages on their way to one follower: a window bounded by their count
// and by the bytes of their entries.
#pragma once

#include <cstdint>
#include <deque>

#include "parts/etcd/raft/types.h"

namespace argosy::etcd::raft {

class Inflights {
 public:
  // max_bytes 0 is no limit. The last message may reach beyond it.
  Inflights(uint32_t max_messages, uint64_t max_bytes)
      : max_messages_(max_messages), max_bytes_(max_bytes) {}

  // A message whose last entry is `last`, larger than those before; the window is not full.
  void add(LogIndex last, uint64_t bytes);
  // The follower has everything up to and including this index.
  void free_up_to(LogIndex index);
  void clear();

  bool is_full() const;
  uint32_t count() const { return static_cast<uint32_t>(window_.size()); }
  uint64_t bytes() const { return bytes_; }

 private:
  struct Inflight {
    LogIndex last;
    uint64_t bytes;
  };

  uint32_t max_messages_;
  uint64_t max_bytes_;
  uint64_t bytes_ = 0;
  std::deque<Inflight> window_;
};

}  // namespace argosy::etcd::raft
