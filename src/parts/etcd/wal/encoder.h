// Makes records: a batch of them in one buffer, ready for one write, with the checksum
// that runs on from record to record.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "parts/etcd/raft/types.h"
#include "parts/etcd/raftpb/raftpb.h"
#include "parts/etcd/wal/format.h"

namespace argosy::etcd::wal {

class Encoder {
 public:
  // Goes on after a record whose checksum is this.
  void resume(uint32_t crc) { crc_ = crc; }

  // The record that heads a segment and hands the checksum over to it.
  void add_crc();
  void add_metadata(BytesView metadata);
  void add_entry(const raft::Entry& entry);
  void add_state(const raft::HardState& state);
  void add_snapshot(const raftpb::SnapshotMark& snapshot);

  // What was added since the last clear().
  BytesView pending() const { return buffer_; }
  void clear();

 private:
  template <typename Put>
  void add(RecordType type, size_t size, Put put);

  Bytes buffer_;
  uint32_t crc_ = 0;
};

// What an entry's record takes in the file, without its frame; at most a few bytes more
// than it will be.
uint64_t record_size_bound(const raft::Entry& entry);

Result<raftpb::SnapshotMark> decode_snapshot_mark(BytesView bytes);

}  // namespace argosy::etcd::wal
