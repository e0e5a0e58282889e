// The disk forgets what it may forget, and nothing else.
#include "parts/etcd/raftsim/disk.h"

#include <doctest/doctest.h>
#include <set>

namespace argosy::etcd::raftsim {
namespace {

raft::Ready append(uint64_t id, uint64_t from, uint64_t to, bool must_sync) {
  raft::Ready ready;
  ready.append = raft::AppendId(id);
  for (uint64_t i = from; i <= to; ++i) {
    ready.entries.push_back({.term = raft::Term(id), .index = raft::LogIndex(i)});
  }
  ready.hard_state = {raft::Term(id), raft::NodeId{}, raft::LogIndex{}};
  ready.must_sync = must_sync;
  return ready;
}

TEST_CASE("what was synced survives, and of the rest a prefix") {
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    Disk disk;
    disk.start(append(1, 1, 3, true));
    disk.start(append(2, 2, 2, true));
    CHECK(disk.finish().id == raft::AppendId(1));
    CHECK(disk.image().last_index() == raft::LogIndex(3));
    disk.crash(rng);
    const DiskImage& image = disk.image();
    seen.emplace(image.last_index().value(), image.hard_state.term.value());
    CHECK_FALSE(disk.is_busy());
  }
  // Nothing of the second append, its entry without its hard state, or all of it.
  CHECK(seen == std::set<std::pair<uint64_t, uint64_t>>{{3, 1}, {2, 1}, {2, 2}});
}

TEST_CASE("without sync a finished append may yet be lost") {
  bool was_lost = false;
  bool was_kept = false;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(seed);
    Disk disk;
    disk.start(append(1, 1, 1, false));
    disk.finish();
    disk.crash(rng);
    (disk.image().hard_state.term == raft::Term(1) ? was_kept : was_lost) = true;
  }
  CHECK(was_lost);
  CHECK(was_kept);
}

}  // namespace
}  // namespace argosy::etcd::raftsim
