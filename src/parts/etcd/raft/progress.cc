#include "parts/etcd/raft/progress.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"

namespace argosy::etcd::raft {

void Progress::reset(ProgressState to) {
  is_waiting = false;
  pending_snapshot = LogIndex{};
  state = to;
  inflights.clear();
}

void Progress::become_probe() {
  // A snapshot that arrived is the better guess.
  const LogIndex base = std::max(match, pending_snapshot);
  reset(ProgressState::kProbe);
  next = base + 1;
  sent_commit = std::min(sent_commit, base);
}

void Progress::become_replicate() {
  reset(ProgressState::kReplicate);
  next = match + 1;
}

void Progress::become_snapshot(LogIndex snapshot) {
  reset(ProgressState::kSnapshot);
  pending_snapshot = snapshot;
  next = std::max(match, snapshot) + 1;
  sent_commit = snapshot;
}

bool Progress::can_bump_commit(LogIndex commit) const {
  return commit > sent_commit && sent_commit + 1 < next;
}

void Progress::sent(size_t count, uint64_t bytes) {
  check(state != ProgressState::kSnapshot);
  if (state == ProgressState::kProbe) {
    is_waiting = is_waiting || count > 0;
    return;
  }
  if (count > 0) {
    next = next + count;
    inflights.add(next - 1, bytes);
  }
  // Even an empty message: a full window is probed once a heartbeat, not more.
  is_waiting = inflights.is_full();
}

bool Progress::update(LogIndex index) {
  if (index <= match) return false;
  match = index;
  next = std::max(next, index + 1);
  is_waiting = false;
  return true;
}

bool Progress::rejected(LogIndex rejected, LogIndex hint) {
  if (state == ProgressState::kReplicate) {
    if (rejected <= match) return false;
    next = match + 1;
    sent_commit = std::min(sent_commit, match);
    return true;
  }
  // A probe is sent alone, so that its answer names the entry before `next`.
  if (next - 1 != rejected) return false;
  next = std::max(std::min(rejected, hint + 1), match + 1);
  sent_commit = std::min(sent_commit, next - 1);
  is_waiting = false;
  return true;
}

std::string describe(const Progress& progress) {
  std::string text = format("{} match={} next={}", progress_state_name(progress.state),
                            progress.match.value(), progress.next.value());
  if (progress.is_learner) text += " learner";
  if (progress.is_paused()) text += " paused";
  if (progress.pending_snapshot > LogIndex{}) {
    text += format(" snapshot={}", progress.pending_snapshot.value());
  }
  if (!progress.is_recently_active) text += " inactive";
  if (progress.inflights.count() > 0) {
    text += format(" inflight={}", progress.inflights.count());
    if (progress.inflights.is_full()) text += "[full]";
  }
  return text;
}

}  // namespace argosy::etcd::raft
