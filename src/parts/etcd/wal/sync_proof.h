// Looks at records in the order of the file, not necessarily at all of them, and knows
// what of the file must have been synced before the last of them was written.
//
// A save is entries and then at most one state. One with entries is synced before
// anything else is written; one of only a state need not be, so a state behind entries
// may be a save of its own. A snapshot is synced with all that is before it.
#pragma once

#include <optional>

#include "parts/etcd/wal/format.h"

namespace argosy::etcd::wal {

class SyncProof {
 public:
  // `at` is where the record's frame begins.
  void see(const Record& record, uint64_t at, uint64_t end) {
    if (synced_by_next_) proven_ = synced_by_next_;
    synced_by_next_.reset();
    if (record.is(RecordType::kEntry)) {
      saw_entry_ = true;
    } else if (record.is(RecordType::kState) && saw_entry_) {
      synced_by_next_ = at;
      saw_entry_ = false;
    } else if (record.is(RecordType::kSnapshot)) {
      synced_by_next_ = end;
      saw_entry_ = false;
    }
  }

  // All before this offset; empty when nothing is proven.
  std::optional<uint64_t> synced_until() const { return proven_; }

 private:
  bool saw_entry_ = false;  // since the last save that is known to be over
  std::optional<uint64_t> synced_by_next_;
  std::optional<uint64_t> proven_;
};

}  // namespace argosy::etcd::wal
