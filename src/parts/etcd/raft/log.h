// Log: the entries of one member, from the compacted prefix to the end, and the marks
// on them:
//
//   compacted < first .. applied <= applying <= committed .. last
//                        and stable .. given .. last (see writes.h)
//
// applying: handed out to be applied; only what is committed and stable is. A snapshot
// that replaces the log is pending until it is durable; nothing is handed out meanwhile.
// Terms never fall from one entry to the next, which the searches rely on.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "parts/etcd/raft/writes.h"

namespace argosy::etcd::raft {

// What an entry counts for in limits: its payload and about as much as its numbers take.
inline uint64_t size_of(const Entry& entry) {
  return entry.data.size() + 16;
}

struct Position {
  LogIndex index;
  Term term;

  bool operator==(const Position&) const = default;
};

class Log {
 public:
  // As read from disk: all of it is durable. The marks lie within the entries.
  Log(Position compacted, std::vector<Entry> entries, const HardState& hard_state, LogIndex applied,
      uint64_t max_applying_size);

  LogIndex first_index() const { return compacted_.index + 1; }
  LogIndex last_index() const { return compacted_.index + entries_.size(); }
  Position last() const { return {last_index(), last_term()}; }
  Term last_term() const { return entries_.empty() ? compacted_.term : entries_.back().term; }
  // Of the last compacted entry too; else empty.
  std::optional<Term> term_at(LogIndex index) const;
  const Entry& at(LogIndex index) const;
  LogIndex committed() const { return committed_; }
  LogIndex applied() const { return applied_; }
  const Writes& writes() const { return writes_; }

  bool matches(Position position) const { return term_at(position.index) == position.term; }
  // Whether a candidate whose log ends there may lead (thesis 3.6.1).
  bool is_up_to_date(Position candidate) const;
  // The last position, at or before index, whose term is not above `term`: where a log that
  // has this term there may match ours. Term 0 when it lies before the log.
  Position last_not_above(LogIndex index, Term term) const;
  // Copies up to max_size bytes of entries, but at least one if there is any.
  std::vector<Entry> slice(LogIndex from, uint64_t max_size) const;

  // A leader's own: the next index, the current term.
  void append(Entry entry);
  // A follower's: entries that follow `previous`, which is in the log, replace what
  // contradicts them. DataLoss, and no change, if that is committed.
  Result<void> append_after(LogIndex previous, std::vector<Entry> entries);
  // No step back. DataLoss when it is beyond the end.
  Result<void> commit_to(LogIndex index);
  // The snapshot's state replaces everything; its index is beyond what is committed.
  void restore(Snapshot snapshot);

  bool has_pending_snapshot() const { return pending_snapshot_.has_value(); }
  bool has_unwritten() const;
  struct Unwritten {
    std::vector<Entry> entries;
    std::optional<Snapshot> snapshot;
  };
  // The next append, given to the owner together with the hard state.
  Unwritten unwritten() const;
  AppendId give(const HardState& hard_state);
  // True when a pending snapshot is in force now.
  bool finish(AppendId append);

  bool has_appliable() const;
  std::vector<Entry> take_appliable();
  // Returns the size of the payloads in the newly applied entries.
  uint64_t applied_to(LogIndex index);
  // Whether entries that change the configuration are committed and not applied.
  bool has_unapplied_conf_change() const;

  // Index is applied; no step back.
  void compact(LogIndex index);

 private:
  LogIndex appliable() const { return std::min(committed_, writes_.stable()); }

  Position compacted_;
  std::deque<Entry> entries_;
  LogIndex committed_;
  LogIndex applying_;
  LogIndex applied_;
  Writes writes_;
  std::optional<Snapshot> pending_snapshot_;
  bool is_snapshot_given_ = false;
  const uint64_t max_applying_size_;
  uint64_t applying_size_ = 0;
};

}  // namespace argosy::etcd::raft
