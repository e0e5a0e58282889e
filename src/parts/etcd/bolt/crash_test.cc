// Whatever the disk loses, the file opens with the state of the last transaction that
// was committed, or of the one that was being committed.
#include <cerrno>
#include <cstdlib>
#include <doctest/doctest.h>

#include "parts/etcd/bolt/test_model.h"
#include "sim/disk/sim_disk.h"

namespace argosy::etcd::bolt {
namespace {

struct History {
  Model committed;
  Model attempted;  // the transaction that was under way
  int commits = 0;
};

// Transactions until one fails.
void run(sim::SimDisk& disk, uint64_t seed, int transactions, History& history) {
  SeededRandom random(seed);
  Workload workload(random);
  auto db = Db::open(disk, "/dir/db", {.page_size = 1024});
  if (!db) return;
  for (int i = 0; i < transactions; ++i) {
    auto tx = (*db)->begin_write();
    if (!tx) return;
    workload.change(history.attempted, *tx);
    if (!std::move(*tx).commit()) return;
    history.committed = history.attempted;
    ++history.commits;
  }
}

void check_survivor(sim::SimDisk& disk, const History& history) {
  const auto db = must(Db::open(disk, "/dir/db", {.page_size = 1024}));
  must(db->verify());
  const Model found = must(dump(db->begin_read()));
  const bool is_either = found == history.committed || found == history.attempted;
  CHECK(is_either);
  // It is as good as any: more can be committed.
  auto tx = must(db->begin_write());
  must(tx.put(must(tx.bucket("after")), "k", "v"));
  must(std::move(tx).commit());
  must(db->verify());
}

std::unique_ptr<sim::SimDisk> disk_with_directory() {
  auto disk = std::make_unique<sim::SimDisk>();
  must(disk->make_directories("/dir", 0700));
  must(disk->sync_directory("/"));
  return disk;
}

uint64_t seeds() {
  return std::getenv("ARGOSY_LONG") != nullptr ? 100 : 4;
}

TEST_CASE("a crash at every call that changes the disk") {
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    CAPTURE(seed);
    auto counted = disk_with_directory();
    const uint64_t before = counted->mutating_calls();
    History whole;
    run(*counted, seed, 12, whole);
    const uint64_t calls = counted->mutating_calls() - before;
    REQUIRE(calls > 30);
    for (uint64_t crash = 1; crash <= calls; ++crash) {
      CAPTURE(crash);
      const auto disk = disk_with_directory();
      disk->crash_at(crash);
      History history;
      run(*disk, seed, 12, history);
      REQUIRE(disk->has_crashed());
      for (uint64_t loss = 0; loss < 3; ++loss) {
        CAPTURE(loss);
        const auto copy = disk->clone();
        SeededRandom random(seed * 1000003 + crash * 1009 + loss);
        copy->power_loss(random);
        check_survivor(*copy, history);
      }
    }
  }
}

TEST_CASE("a call that fails poisons the database, and what was committed stays") {
  auto counted = disk_with_directory();
  const uint64_t before = counted->mutating_calls();
  History whole;
  run(*counted, 5, 6, whole);
  const uint64_t calls = counted->mutating_calls() - before;
  for (const int number : {EIO, ENOSPC}) {
    for (uint64_t at = 1; at <= calls; ++at) {
      CAPTURE(number);
      CAPTURE(at);
      const auto disk = disk_with_directory();
      disk->fail_at(at, number);
      History history;
      run(*disk, 5, 6, history);
      CHECK(history.commits < whole.commits);
      disk->heal();
      check_survivor(*disk, history);
    }
  }
}

TEST_CASE("after a failed commit there are no more writes, but reads") {
  const auto disk = disk_with_directory();
  const auto db = must(Db::open(*disk, "/dir/db", {}));
  auto first = must(db->begin_write());
  must(first.put(must(first.bucket("b")), "k", "1"));
  must(std::move(first).commit());

  disk->fail_at(2, EIO);
  auto second = must(db->begin_write());
  must(second.put(must(second.bucket("b")), "k", "2"));
  const auto failed = std::move(second).commit();
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().system_errno() == EIO);
  const auto third = db->begin_write();
  REQUIRE_FALSE(third.has_value());
  CHECK(third.error().text().starts_with("after a failed commit: "));
  const ReadTx tx = db->begin_read();
  CHECK(must(must(tx.bucket("b"))->get("k")) == std::optional<BytesView>("1"));
}

}  // namespace
}  // namespace argosy::etcd::bolt
