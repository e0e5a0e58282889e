// A leader's knowledge of one member's log, and the pace at which it sends to it.
//
//   probe      where the logs match is a guess: one message, then wait for its answer
//   replicate  they match at `match`: messages go out ahead of the answers
//   snapshot   what the member needs is compacted away: wait for a snapshot to arrive
//
// Invariant: match < next.
#pragma once

#include <string>

#include "parts/etcd/raft/inflights.h"
#include "parts/etcd/raft/ready.h"

namespace argosy::etcd::raft {

// What to send when messages are next made; each wish includes those before it.
enum class AppendDue : uint8_t {
  kNothing,
  kEntries,  // if there are entries to send
  kCommit,   // also without any, if it would tell of a new commit index
  kAlways,   // even an empty message
};

struct Progress {
  Progress(LogIndex next_index, Inflights window)
      : next(next_index), inflights(std::move(window)) {}

  // The last entry that is durable on the member, and the next one to send.
  LogIndex match;
  LogIndex next;
  // The highest commit index that the member will know of once messages arrive.
  LogIndex sent_commit;
  ProgressState state = ProgressState::kProbe;
  // In state snapshot; 0 until the owner has made one.
  LogIndex pending_snapshot;
  // Heard of since the last quorum check.
  bool is_recently_active = false;
  // Nothing is sent until an answer (or a heartbeat's) comes.
  bool is_waiting = false;
  bool is_learner = false;
  AppendDue due = AppendDue::kNothing;
  Inflights inflights;

  void become_probe();
  void become_replicate();
  // 0: there is no snapshot yet.
  void become_snapshot(LogIndex snapshot);

  bool is_paused() const { return state == ProgressState::kSnapshot || is_waiting; }
  // Whether a message with this commit index would tell the member anything.
  bool can_bump_commit(LogIndex commit) const;

  // A message left with entries up to and including next + count - 1.
  void sent(size_t count, uint64_t bytes);
  // The member has everything up to and including `index`; false for old news.
  bool update(LogIndex index);
  // It refused entries after `rejected`; the logs match at `hint` at the furthest. False
  // for an answer to some older message. Unless it replicates, it may be sent to again.
  bool rejected(LogIndex rejected, LogIndex hint);

 private:
  void reset(ProgressState to);
};

// "replicate match=5 next=7 learner paused snapshot=3 inactive inflight=2[full]", each if so.
std::string describe(const Progress& progress);

}  // namespace argosy::etcd::raft
