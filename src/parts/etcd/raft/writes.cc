#include "parts/etcd/raft/writes.h"

#include "base/check.h"

namespace argosy::etcd::raft {

AppendId Writes::give(LogIndex last, const HardState& hard_state, LogIndex snapshot) {
  check(last >= given_);
  given_ = last;
  ++last_id_;
  under_way_.push_back({last_id_, last, hard_state.term, hard_state.vote, snapshot});
  return last_id_;
}

void Writes::cut(LogIndex from) {
  check(from > LogIndex{});
  const LogIndex kept = from - 1;
  given_ = std::min(given_, kept);
  stable_ = std::min(stable_, kept);
  for (Append& append : under_way_) append.last = std::min(append.last, kept);
}

void Writes::cut_all() {
  given_ = LogIndex{};
  stable_ = LogIndex{};
  for (Append& append : under_way_) append.last = LogIndex{};
}

LogIndex Writes::finish(AppendId append) {
  check(append <= last_id_);
  LogIndex snapshot;
  while (!under_way_.empty() && under_way_.front().id <= append) {
    const Append& done = under_way_.front();
    stable_ = std::max(stable_, done.last);
    durable_term_ = done.term;
    durable_vote_ = done.vote;
    snapshot = std::max(snapshot, done.snapshot);
    under_way_.pop_front();
  }
  return snapshot;
}

}  // namespace argosy::etcd::raft
