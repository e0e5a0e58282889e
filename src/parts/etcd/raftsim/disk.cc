#include "parts/etcd/raftsim/disk.h"

#include "base/check.h"

namespace argosy::etcd::raftsim {

void DiskImage::install(const raft::Snapshot& snapshot) {
  entries.clear();
  compacted_index = snapshot.metadata.index;
  compacted_term = snapshot.metadata.term;
  machine = Machine::restore(snapshot);
}

void DiskImage::put(const raft::Entry& entry) {
  check(entry.index > compacted_index && entry.index <= last_index() + 1);
  entries.resize(entry.index - compacted_index - 1);
  entries.push_back(entry);
}

void DiskImage::compact(raft::LogIndex index) {
  if (index <= compacted_index) return;
  check(index <= machine.index && index <= last_index());
  const auto count = static_cast<ptrdiff_t>(index - compacted_index);
  compacted_term = entries[static_cast<size_t>(count) - 1].term;
  compacted_index = index;
  entries.erase(entries.begin(), entries.begin() + count);
}

raft::RestoredState DiskImage::restored_state() const {
  return {.hard_state = hard_state,
          .conf_state = machine.conf_state,
          .compacted_index = compacted_index,
          .compacted_term = compacted_term,
          .entries = entries,
          .applied = machine.index};
}

void Disk::start(const raft::Ready& ready) {
  if (ready.snapshot) records_.emplace_back(*ready.snapshot);
  for (const raft::Entry& entry : ready.entries) records_.emplace_back(entry);
  if (ready.hard_state) records_.emplace_back(*ready.hard_state);
  written_ = hardened_ + records_.size();
  appends_.push_back({.id = ready.append,
                      .snapshot = ready.snapshot,
                      .messages_after = ready.messages_after_append,
                      .must_sync = ready.must_sync,
                      .end = written_});
}

Disk::Append Disk::finish() {
  check(is_busy());
  Append done = std::move(appends_.front());
  appends_.pop_front();
  if (done.must_sync) harden(done.end);
  return done;
}

void Disk::crash(Rng& rng) {
  appends_.clear();
  harden(hardened_ + rng.between(0, records_.size()));
  records_.clear();
  written_ = hardened_;
}

void Disk::harden(uint64_t end) {
  for (; hardened_ < end; ++hardened_) {
    const Record& record = records_.front();
    if (const auto* snapshot = std::get_if<raft::Snapshot>(&record)) image_.install(*snapshot);
    if (const auto* entry = std::get_if<raft::Entry>(&record)) image_.put(*entry);
    if (const auto* state = std::get_if<raft::HardState>(&record)) image_.hard_state = *state;
    records_.pop_front();
  }
}

}  // namespace argosy::etcd::raftsim
