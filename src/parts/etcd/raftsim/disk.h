// One member's disk: what is durable, and what was written and may yet be lost. A crash
// keeps a prefix of the writes, cut anywhere, also within an append.
#pragma once

#include <deque>
#include <variant>
#include <vector>

#include "parts/etcd/raft/node.h"
#include "parts/etcd/raftsim/machine.h"
#include "parts/etcd/raftsim/rng.h"

namespace argosy::etcd::raftsim {

// What a restart reads.
struct DiskImage {
  raft::HardState hard_state;
  raft::LogIndex compacted_index;
  raft::Term compacted_term;
  std::vector<raft::Entry> entries;
  // The state machine as last saved.
  Machine machine;

  raft::LogIndex last_index() const { return compacted_index + entries.size(); }
  void install(const raft::Snapshot& snapshot);
  void put(const raft::Entry& entry);
  void compact(raft::LogIndex index);
  raft::RestoredState restored_state() const;
};

class Disk {
 public:
  struct Append {
    raft::AppendId id;
    std::optional<raft::Snapshot> snapshot;
    std::vector<raft::Message> messages_after;
    bool must_sync = false;
    // Counts the records up to its last.
    uint64_t end = 0;
  };

  const DiskImage& image() const { return image_; }
  bool is_busy() const { return !appends_.empty(); }

  void start(const raft::Ready& ready);
  // The oldest append; durable now if it asked for that.
  Append finish();
  void save(const Machine& machine) { image_.machine = machine; }
  // The machine was saved beyond this index.
  void compact(raft::LogIndex index) { image_.compact(index); }
  void crash(Rng& rng);

 private:
  using Record = std::variant<raft::Snapshot, raft::Entry, raft::HardState>;
  void harden(uint64_t end);

  DiskImage image_;
  std::deque<Append> appends_;
  std::deque<Record> records_;
  uint64_t written_ = 0;
  uint64_t hardened_ = 0;
};

}  // namespace argosy::etcd::raftsim
