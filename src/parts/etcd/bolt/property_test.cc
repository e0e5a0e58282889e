// The file against maps: random transactions, rollbacks, reopens and snapshots.
#include <atomic>
#include <cstdlib>
#include <doctest/doctest.h>
#include <thread>
#include <unistd.h>

#include "parts/etcd/bolt/test_model.h"
#include "sim/disk/sim_disk.h"

namespace argosy::etcd::bolt {
namespace {

size_t scaled(size_t usual) {
  return std::getenv("ARGOSY_LONG") != nullptr ? usual * 50 : usual;
}

void check_cursor_moves(const ReadTx& tx, const Model& model, Random& random) {
  for (const auto& [name, map] : model) {
    const auto bucket = must(tx.bucket(name));
    REQUIRE(bucket.has_value());
    Cursor cursor = bucket->cursor();
    const Bytes from = std::to_string(random.below(4000));
    auto at = map.lower_bound(from);
    auto item = must(cursor.seek(from));
    for (int step = 0; step < 60; ++step) {
      REQUIRE(item.has_value() == (at != map.end()));
      if (item) {
        REQUIRE(item->key == at->first);
        REQUIRE(item->value == at->second);
        CHECK(must(bucket->get(item->key)) == std::optional<BytesView>(at->second));
      }
      if (random.chance(3)) {
        if (at == map.begin()) break;
        --at;
        item = must(cursor.prev());
      } else {
        if (at == map.end()) break;
        ++at;
        item = must(cursor.next());
      }
    }
    const auto last = must(cursor.last());
    CHECK(last.has_value() == !map.empty());
    if (last) CHECK(last->key == map.rbegin()->first);
    CHECK_FALSE(must(bucket->get(from + "missing")).has_value());
  }
}

void check_writer_sees_its_changes(const WriteTx& tx_const, WriteTx& tx, const Model& model) {
  for (const auto& [name, map] : model) {
    const auto bucket = must(tx.bucket(name, false));
    Cursor cursor = must(tx_const.cursor(bucket));
    auto at = map.begin();
    for (auto item = must(cursor.first()); item; item = must(cursor.next()), ++at) {
      REQUIRE(at != map.end());
      REQUIRE(item->key == at->first);
      REQUIRE(item->value == at->second);
    }
    CHECK(at == map.end());
    for (auto item = must(cursor.last()); item; item = must(cursor.prev())) {
      REQUIRE(at != map.begin());
      REQUIRE(item->key == (--at)->first);
    }
    if (!map.empty()) {
      CHECK(must(tx_const.get(bucket, map.begin()->first)) ==
            std::optional<BytesView>(map.begin()->second));
    }
  }
}

void run_seed(uint64_t seed) {
  CAPTURE(seed);
  SeededRandom random(seed);
  sim::SimDisk disk;
  const Options options{.page_size = random.chance(3) ? 1024U : 4096U};
  auto db = must(Db::open(disk, "/db", options));
  Model model;
  Workload workload(random);
  std::vector<std::pair<ReadTx, Model>> snapshots;
  for (int step = 0; step < 40; ++step) {
    CAPTURE(step);
    auto tx = must(db->begin_write());
    Model changed = model;
    for (uint64_t i = random.below(4); i > 0; --i) workload.change(changed, tx);
    if (random.chance(4)) check_writer_sees_its_changes(tx, tx, changed);
    if (random.chance(10)) {
      std::move(tx).rollback();
    } else {
      must(std::move(tx).commit());
      model = std::move(changed);
    }
    must(db->verify());
    REQUIRE(must(dump(db->begin_read())) == model);
    check_cursor_moves(db->begin_read(), model, random);
    for (const auto& [old, expected] : snapshots) REQUIRE(must(dump(old)) == expected);
    if (random.chance(4)) snapshots.emplace_back(db->begin_read(), model);
    if (random.chance(5) && !snapshots.empty()) snapshots.erase(snapshots.begin());
    if (random.chance(8)) {
      snapshots.clear();
      db.reset();
      db = must(Db::open(disk, "/db", options));
      REQUIRE(must(dump(db->begin_read())) == model);
    }
  }
}

TEST_CASE("random transactions match a model of maps") {
  const size_t seeds = scaled(100);
  for (uint64_t seed = 1; seed <= seeds; ++seed) run_seed(seed);
}

// Each reader checks that a snapshot stays the same while transactions go on: every
// value of a transaction is its number, so a snapshot must show one number only.
void read_until(const Db& db, const std::atomic<bool>& stop, std::atomic<size_t>& reads,
                std::atomic<size_t>& failures) {
  while (!stop) {
    const ReadTx tx = db.begin_read();
    const auto bucket = tx.bucket("key");
    if (!bucket || !*bucket) continue;
    std::optional<Bytes> all;
    Cursor cursor = (*bucket)->cursor();
    auto item = cursor.first();
    for (; item && *item; item = cursor.next()) {
      if (!all) all = Bytes((*item)->value);
      if ((*item)->value != *all) ++failures;
    }
    if (!item) ++failures;
    ++reads;
  }
}

TEST_CASE("readers on threads keep seeing their snapshots") {
  const std::string path = "/tmp/argosy-bolt-readers-" + std::to_string(::getpid());
  must(remove_all(real_disk(), path));
  const auto db = must(Db::open(real_disk(), path, {.sync = false}));
  std::atomic<bool> stop = false;
  std::atomic<size_t> reads = 0;
  std::atomic<size_t> failures = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] { read_until(*db, stop, reads, failures); });
  }
  SeededRandom random(7);
  for (size_t round = 1; round < scaled(150) || reads < 10; ++round) {
    auto tx = must(db->begin_write());
    const auto bucket = must(tx.bucket("key"));
    const Bytes value = std::to_string(round) + Bytes(100, '.');
    for (uint64_t key = 0; key < 100 + round % 700; ++key) {
      must(tx.put(bucket, "key" + std::to_string(key), value));
    }
    for (uint64_t key = 100 + round % 700; key < 900; ++key) {
      must(tx.erase(bucket, "key" + std::to_string(key)));
    }
    must(std::move(tx).commit());
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(failures == 0);
  must(db->verify());
  const uint64_t grown = db->stats().size;
  for (int round = 0; round < 10; ++round) {
    auto tx = must(db->begin_write());
    for (uint64_t key = 0; key < 100; ++key) {
      must(tx.put(must(tx.bucket("key")), "key" + std::to_string(key), "value"));
    }
    must(std::move(tx).commit());
  }
  CHECK(db->stats().size == grown);
  must(remove_all(real_disk(), path));
}

}  // namespace
}  // namespace argosy::etcd::bolt
