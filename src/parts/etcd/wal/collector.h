// Gathers what the records of a log say from a snapshot on, and notices when they cannot
// all be true. A record's checksum does not cover its type, so some of these checks are
// what finds a damaged one.
#pragma once

#include <optional>
#include <vector>

#include "parts/etcd/wal/log_reader.h"
#include "parts/etcd/wal/wal.h"

namespace argosy::etcd::wal {

class Collector {
 public:
  explicit Collector(WalSnapshot start) : start_(start) {}

  // Everything that the reader has.
  Result<void> read_all(LogReader& reader);

  WalContent& content() { return content_; }
  // Of the last entry or snapshot seen, as the name of the next segment needs it.
  raft::LogIndex last_index() const { return last_index_; }

 private:
  Result<void> add(const Record& record);
  Result<void> add_metadata(BytesView data);
  Result<void> add_entry(BytesView data);
  Result<void> add_state(BytesView data);
  Result<void> add_snapshot(BytesView data);

  const WalSnapshot start_;
  WalContent content_;
  bool has_metadata_ = false;
  bool found_start_ = false;
  raft::LogIndex last_index_;
};

// For a reader that wants only some kinds of records.
Result<raft::HardState> decode_state_record(BytesView data);

}  // namespace argosy::etcd::wal
