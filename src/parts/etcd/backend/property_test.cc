// The backend against MemoryStorage, with commits at any point, and with crashes.
#include <atomic>
#include <cstdlib>
#include <doctest/doctest.h>
#include <thread>

#include "parts/etcd/backend/backend.h"
#include "parts/etcd/backend/fake_clock.h"
#include "parts/etcd/bolt/test_model.h"
#include "parts/etcd/storage/memory_storage.h"
#include "sim/disk/sim_disk.h"

namespace argosy::etcd::backend {
namespace {

using bolt::must;

constexpr Options kOptions{.batch_limit = 50, .initial_map_size = 0};
constexpr Bucket kBuckets[] = {Bucket::kKey, Bucket::kMeta, Bucket::kLease};

using State = std::map<std::pair<Bucket, Bytes>, Bytes>;

State state_of(Storage& storage) {
  State state;
  for (const Bucket bucket : kBuckets) {
    storage.scan(bucket, "", "", [&](BytesView key, BytesView value) {
      state.emplace(std::pair(bucket, Bytes(key)), Bytes(value));
      return true;
    });
  }
  return state;
}

// The same random writes to both.
void write_both(Random& random, uint64_t& revision, Storage& a, Storage& b) {
  const Bucket bucket = kBuckets[random.below(std::size(kBuckets))];
  Bytes key;
  const bool is_new = bucket == Bucket::kKey && !random.chance(3);
  append_be64(key, is_new ? ++revision : random.below(bucket == Bucket::kKey ? revision + 1 : 30));
  if (!is_new && random.chance(2)) {
    a.erase(bucket, key);
    b.erase(bucket, key);
    return;
  }
  const Bytes value(random.below(300), static_cast<char>('a' + random.below(26)));
  a.put(bucket, key, value);
  b.put(bucket, key, value);
}

void check_reads(Random& random, uint64_t revision, Backend& backend, MemoryStorage& model) {
  const Bucket bucket = kBuckets[random.below(std::size(kBuckets))];
  Bytes from;
  Bytes to;
  append_be64(from, random.below(revision + 1));
  append_be64(to, random.below(revision + 1));
  CHECK(backend.get(bucket, from) == model.get(bucket, from));
  std::vector<std::pair<Bytes, Bytes>> found;
  std::vector<std::pair<Bytes, Bytes>> expected;
  const auto into = [](auto& list, size_t limit) {
    return [&list, limit](BytesView key, BytesView value) {
      list.emplace_back(key, value);
      return list.size() < limit;
    };
  };
  const size_t limit = 1 + random.below(100);
  backend.scan(bucket, from, to, into(found, limit));
  model.scan(bucket, from, to, into(expected, limit));
  CHECK(found == expected);
}

void run_seed(uint64_t seed) {
  CAPTURE(seed);
  SeededRandom random(seed);
  sim::SimDisk disk;
  const FakeClock clock;
  auto backend = must(Backend::open(disk, clock, "/db", kOptions));
  MemoryStorage model;
  uint64_t revision = 0;
  for (int step = 0; step < 1200; ++step) {
    if (!backend->is_saturated()) write_both(random, revision, *backend, model);
    if (random.chance(3)) check_reads(random, revision, *backend, model);
    if (random.chance(30) && !backend->is_busy()) backend->seal_and_commit([] {});
    if (random.chance(400) && !backend->is_busy()) backend->defragment([] {});
    if (random.chance(15)) must(backend->finish_commit());
    if (random.chance(200)) {
      must(backend->commit_now());
      CHECK(state_of(*backend) == state_of(model));
      backend.reset();
      backend = must(Backend::open(disk, clock, "/db", kOptions));
      CHECK(state_of(*backend) == state_of(model));
    }
  }
  must(backend->commit_now());
  must(backend->committed().verify());
  CHECK(state_of(*backend) == state_of(model));
}

TEST_CASE("random writes, reads, commits and reopens match storage in memory") {
  const uint64_t seeds = std::getenv("ARGOSY_LONG") != nullptr ? 2000 : 60;
  for (uint64_t seed = 1; seed <= seeds; ++seed) run_seed(seed);
}

// What a disk may hold after a crash: the state of the last commit that was taken over
// or the one in flight.
struct Promise {
  State finished;
  State in_flight;
};

// Until the disk fails. Some rounds defragment, which changes no state.
void run_until_crash(sim::SimDisk& disk, uint64_t seed, Promise& promise) {
  SeededRandom random(seed);
  const FakeClock clock;
  MemoryStorage model;
  uint64_t revision = 0;
  auto opened = Backend::open(disk, clock, "/dir/db", kOptions);
  if (!opened) return;
  Backend& backend = **opened;
  for (int round = 0; round < 8; ++round) {
    for (int i = 0; i < 30; ++i) write_both(random, revision, backend, model);
    promise.in_flight = state_of(model);
    if (!backend.commit_now()) return;
    promise.finished = promise.in_flight;
    if (random.chance(3) && !backend.defragment_now()) return;
  }
}

TEST_CASE("after a crash at any call the file holds a whole batch's end") {
  const auto fresh = [] {
    auto disk = std::make_unique<sim::SimDisk>();
    must(disk->make_directories("/dir", 0700));
    must(disk->sync_directory("/"));
    return disk;
  };
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const auto counted = fresh();
    const uint64_t before = counted->mutating_calls();
    Promise whole;
    run_until_crash(*counted, seed, whole);
    const uint64_t calls = counted->mutating_calls() - before;
    REQUIRE(calls > 40);
    for (uint64_t crash = 1; crash <= calls; ++crash) {
      CAPTURE(seed);
      CAPTURE(crash);
      const auto disk = fresh();
      disk->crash_at(crash);
      Promise promise;
      run_until_crash(*disk, seed, promise);
      for (uint64_t loss = 0; loss < 2; ++loss) {
        const auto copy = disk->clone();
        SeededRandom random(seed * 7919 + crash * 31 + loss);
        copy->power_loss(random);
        const FakeClock clock;
        const auto backend = must(Backend::open(*copy, clock, "/dir/db", kOptions));
        must(backend->committed().verify());
        const State found = state_of(*backend);
        const bool is_either = found == promise.finished || found == promise.in_flight;
        CHECK(is_either);
      }
    }
  }
}

TEST_CASE("snapshots hashed on other threads while the owner writes and commits") {
  sim::SimDisk disk;
  const FakeClock clock;
  const auto backend = must(Backend::open(disk, clock, "/db", kOptions));
  MemoryStorage model;
  SeededRandom random(3);
  uint64_t revision = 0;
  std::vector<std::thread> readers;
  std::atomic<int> failures = 0;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 40; ++i) write_both(random, revision, *backend, model);
    must(backend->commit_now());
    for (int i = 0; i < 5; ++i) write_both(random, revision, *backend, model);
    backend->seal_and_commit([] {});
    readers.emplace_back([&failures, tx = backend->committed()] {
      if (!tx.verify()) ++failures;
      size_t keys = 0;
      const auto bucket = tx.bucket("key");
      if (!bucket || !*bucket) return;
      bolt::Cursor cursor = (*bucket)->cursor();
      for (auto item = cursor.first(); item && *item; item = cursor.next()) ++keys;
      if (keys == 0) ++failures;
    });
    if (round % 8 == 7) {
      for (std::thread& reader : readers) reader.join();
      readers.clear();
    }
  }
  must(backend->commit_now());
  CHECK(failures == 0);
  CHECK(state_of(*backend) == state_of(model));
}

}  // namespace
}  // namespace argosy::etcd::backend
