// A million keys as etcd writes them: 17 bytes of revision, 300 bytes of value, in
// transactions of 10000. On /dev/shm, so that the disk's own time stays out.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include "base/check.h"
#include "parts/etcd/bolt/db.h"

namespace argosy::etcd::bolt {
namespace {

constexpr size_t kBatch = 10000;
constexpr size_t kKeys = 1000000;

std::string bench_path() {
  return "/dev/shm/argosy-bolt-bench-" + std::to_string(::getpid());
}

Bytes revision(uint64_t main) {
  Bytes key;
  append_be64(key, main);
  key += '_';
  append_be64(key, 0);
  return key;
}

struct RemoveAtExit {
  ~RemoveAtExit() { (void)remove_all(real_disk(), bench_path()); }
};

std::unique_ptr<Db> open_bench(bool fresh) {
  static const RemoveAtExit remove_at_exit;
  if (fresh) (void)remove_all(real_disk(), bench_path());
  auto db = Db::open(real_disk(), bench_path(), {.initial_map_size = 10ULL << 30});
  check(db.has_value());
  return std::move(*db);
}

void put_batch(Db& db, uint64_t& next, const Bytes& value) {
  auto tx = db.begin_write();
  const auto bucket = tx->bucket("key");
  tx->set_sequential(*bucket);
  for (size_t i = 0; i < kBatch; ++i) check(tx->put(*bucket, revision(next++), value).has_value());
  check(std::move(*tx).commit().has_value());
}

void fill(Db& db) {
  const Bytes value(300, 'v');
  uint64_t next = 1;
  for (size_t i = 0; i < kKeys / kBatch; ++i) put_batch(db, next, value);
}

void sequential_puts(benchmark::State& state) {
  const auto db = open_bench(true);
  const Bytes value(300, 'v');
  uint64_t next = 1;
  for (auto _ : state) put_batch(*db, next, value);
  state.SetItemsProcessed(state.iterations() * int64_t{kBatch});
  state.counters["MB"] = static_cast<double>(db->stats().size) / 1e6;
}
BENCHMARK(sequential_puts)->Unit(benchmark::kMicrosecond)->Iterations(kKeys / kBatch);

void random_gets(benchmark::State& state) {
  const auto db = open_bench(true);
  fill(*db);
  const ReadTx tx = db->begin_read();
  const auto bucket = *tx.bucket("key");
  uint64_t at = 1;
  for (auto _ : state) {
    at = at * 6364136223846793005 + 1442695040888963407;
    benchmark::DoNotOptimize(bucket->get(revision(1 + (at >> 33) % kKeys)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(random_gets);

void scan_all(benchmark::State& state) {
  const auto db = open_bench(true);
  fill(*db);
  const ReadTx tx = db->begin_read();
  for (auto _ : state) {
    Cursor cursor = (*tx.bucket("key"))->cursor();
    for (auto item = cursor.first(); *item; item = cursor.next()) {
      benchmark::DoNotOptimize((*item)->value.data());
    }
  }
  state.SetItemsProcessed(state.iterations() * int64_t{kKeys});
}
BENCHMARK(scan_all)->Unit(benchmark::kMillisecond);

void reopen(benchmark::State& state) {
  fill(*open_bench(true));
  for (auto _ : state) benchmark::DoNotOptimize(open_bench(false));
}
BENCHMARK(reopen)->Unit(benchmark::kMillisecond);

void compact_all(benchmark::State& state) {
  const auto db = open_bench(true);
  fill(*db);
  const std::string to = bench_path() + ".compact";
  for (auto _ : state) check(compact(db->begin_read(), real_disk(), to).has_value());
  (void)remove_all(real_disk(), to);
}
BENCHMARK(compact_all)->Unit(benchmark::kMillisecond);

// Every third page of a large file free, one page each: what compactions leave behind.
void puts_into_holes(benchmark::State& state) {
  const auto db = open_bench(true);
  fill(*db);
  {
    auto tx = db->begin_write();
    const auto bucket = tx->bucket("key");
    for (uint64_t i = 1; i <= kKeys; ++i) {
      if (i % 24 < 12) check(tx->erase(*bucket, revision(i)).has_value());
    }
    check(std::move(*tx).commit().has_value());
  }
  const Bytes value(300, 'v');
  uint64_t next = kKeys + 1;
  for (auto _ : state) put_batch(*db, next, value);
  state.SetItemsProcessed(state.iterations() * int64_t{kBatch});
  state.counters["free"] = static_cast<double>(db->stats().free_pages);
}
BENCHMARK(puts_into_holes)->Unit(benchmark::kMicrosecond)->Iterations(40);

}  // namespace
}  // namespace argosy::etcd::bolt
