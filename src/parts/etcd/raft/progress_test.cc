#include "parts/etcd/raft/progress.h"

#include <doctest/doctest.h>

namespace argosy::etcd::raft {
namespace {

Progress progress_at(uint64_t match, uint64_t next, ProgressState state) {
  Progress progress(LogIndex(next), Inflights(2, 100));
  progress.match = LogIndex(match);
  progress.state = state;
  return progress;
}

TEST_CASE("a window is bounded by messages") {
  Inflights window(2, 0);
  window.add(LogIndex(3), 1000);
  CHECK_FALSE(window.is_full());
  window.add(LogIndex(5), 1000);
  CHECK(window.is_full());
  window.free_up_to(LogIndex(2));
  CHECK(window.count() == 2);
  window.free_up_to(LogIndex(4));
  CHECK(window.count() == 1);
  CHECK(window.bytes() == 1000);
  window.free_up_to(LogIndex(5));
  CHECK(window.count() == 0);
}

TEST_CASE("a window is bounded by bytes, beyond which the last message may reach") {
  Inflights window(100, 10);
  window.add(LogIndex(1), 9);
  CHECK_FALSE(window.is_full());
  window.add(LogIndex(2), 9);
  CHECK(window.is_full());
  window.clear();
  CHECK(window.bytes() == 0);
  CHECK_FALSE(window.is_full());
}

TEST_CASE("a probe is alone on its way, unless it is empty") {
  Progress progress = progress_at(1, 5, ProgressState::kProbe);
  progress.sent(0, 0);
  CHECK_FALSE(progress.is_paused());
  progress.sent(2, 10);
  CHECK(progress.is_paused());
  CHECK(progress.next == LogIndex(5));
}

TEST_CASE("replication goes ahead until the window is full") {
  Progress progress = progress_at(1, 2, ProgressState::kReplicate);
  progress.sent(2, 10);
  CHECK(progress.next == LogIndex(4));
  CHECK_FALSE(progress.is_paused());
  progress.sent(1, 10);
  CHECK(progress.is_paused());
  CHECK(describe(progress) == "replicate match=1 next=5 paused inactive inflight=2[full]");
}

TEST_CASE("old acknowledgements change nothing") {
  Progress progress = progress_at(3, 5, ProgressState::kReplicate);
  CHECK_FALSE(progress.update(LogIndex(3)));
  CHECK_FALSE(progress.update(LogIndex(2)));
  CHECK(progress.update(LogIndex(7)));
  CHECK(progress.match == LogIndex(7));
  CHECK(progress.next == LogIndex(8));
}

TEST_CASE("refusals") {
  struct Case {
    ProgressState state;
    uint64_t match, next, rejected, hint;
    bool is_news;
    uint64_t next_after;
  };
  constexpr ProgressState kProbe = ProgressState::kProbe;
  constexpr ProgressState kReplicate = ProgressState::kReplicate;
  const Case cases[] = {
      {kReplicate, 5, 10, 5, 5, false, 10}, {kReplicate, 5, 10, 4, 4, false, 10},
      {kReplicate, 5, 10, 9, 9, true, 6},   {kProbe, 0, 0 + 1, 0, 0, true, 1},
      {kProbe, 0, 10, 5, 5, false, 10},     {kProbe, 0, 10, 9, 9, true, 9},
      {kProbe, 0, 10, 9, 2, true, 3},       {kProbe, 4, 10, 9, 0, true, 5},
  };
  for (const Case& c : cases) {
    CAPTURE(c.next);
    CAPTURE(c.rejected);
    CAPTURE(c.hint);
    Progress progress = progress_at(c.match, c.next, c.state);
    CHECK(progress.rejected(LogIndex(c.rejected), LogIndex(c.hint)) == c.is_news);
    CHECK(progress.next == LogIndex(c.next_after));
    CHECK(progress.match < progress.next);
  }
}

TEST_CASE("after a snapshot, probing starts behind it; after a failed one, where it was") {
  Progress progress = progress_at(3, 5, ProgressState::kReplicate);
  progress.become_snapshot(LogIndex(10));
  CHECK(progress.is_paused());
  CHECK(progress.next == LogIndex(11));
  Progress failed = progress;
  progress.become_probe();
  CHECK(progress.next == LogIndex(11));
  failed.pending_snapshot = LogIndex{};
  failed.become_probe();
  CHECK(failed.next == LogIndex(4));
}

TEST_CASE("a commit index is news only for entries that were sent") {
  Progress progress = progress_at(3, 5, ProgressState::kReplicate);
  progress.sent_commit = LogIndex(2);
  CHECK(progress.can_bump_commit(LogIndex(3)));
  CHECK_FALSE(progress.can_bump_commit(LogIndex(2)));
  progress.sent_commit = LogIndex(4);
  CHECK_FALSE(progress.can_bump_commit(LogIndex(9)));
}

}  // namespace
}  // namespace argosy::etcd::raft
