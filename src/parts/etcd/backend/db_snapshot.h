// A committed state as a stream of the bytes of a file that holds just it, for
// Maintenance.Snapshot and for snapshots sent to members. Any thread, one at a time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "parts/etcd/bolt/read_tx.h"

namespace argosy::etcd::backend {

class DbSnapshot {
 public:
  explicit DbSnapshot(bolt::ReadTx tx) : tx_(std::move(tx)) {}

  uint64_t size() const { return tx_.size(); }
  uint64_t remaining() const { return tx_.size() - offset_; }
  // The next bytes, up to `size`; 0 at the end.
  size_t read(char* to, size_t size) {
    const size_t count = static_cast<size_t>(std::min<uint64_t>(size, remaining()));
    tx_.copy(offset_, to, count);
    offset_ += count;
    return count;
  }
  const bolt::ReadTx& tx() const { return tx_; }

 private:
  bolt::ReadTx tx_;
  uint64_t offset_ = 0;
};

}  // namespace argosy::etcd::backend
