// What a store of a million keys costs. Keys of 8 bytes, values of 256.
#include <benchmark/benchmark.h>
#include <cstdio>
#include <malloc.h>

#include "parts/etcd/mvcc/apply.h"
#include "parts/etcd/mvcc/hash_kv.h"
#include "parts/etcd/mvcc/range.h"
#include "parts/etcd/mvcc/test_leases.h"
#include "parts/etcd/mvcc/watch_hub.h"
#include "parts/etcd/storage/memory_storage.h"

namespace argosy::etcd::mvcc {
namespace {

constexpr int64_t kKeys = 1'000'000;

// Random order of all numbers below a million: the multiplier and 10^6 share no factor.
Bytes key_of(int64_t i) {
  char text[16];
  std::snprintf(text, sizeof text, "%08lx", static_cast<long>(i * 7'654'321 % kKeys));
  return {text, 8};
}

size_t allocated() {
  return mallinfo2().uordblks;
}

// Millions of revisions without a map's cost: appended once, never erased.
class ListStorage final : public Storage {
 public:
  void put(Bucket bucket, Bytes key, Bytes value) override {
    if (bucket == Bucket::kKey) rows_.emplace_back(std::move(key), std::move(value));
  }
  void erase(Bucket, BytesView) override {}
  std::optional<BytesView> get(Bucket bucket, BytesView key) override {
    if (bucket != Bucket::kKey) return std::nullopt;
    const auto at = std::ranges::lower_bound(rows_, key, {},
                                             [](const auto& row) { return BytesView(row.first); });
    if (at == rows_.end() || at->first != key) return std::nullopt;
    return at->second;
  }
  void scan(Bucket bucket, BytesView from, BytesView to, const Visitor& visit) override {
    if (bucket != Bucket::kKey) return;
    auto at = std::ranges::lower_bound(rows_, from, {},
                                       [](const auto& row) { return BytesView(row.first); });
    for (; at != rows_.end() && (to.empty() || BytesView(at->first) < to); ++at) {
      if (!visit(at->first, at->second)) return;
    }
  }

 private:
  std::vector<std::pair<Bytes, Bytes>> rows_;
};

struct Filled {
  Filled() {
    Changes changes;
    const Bytes value(256, 'v');
    for (int64_t i = 0; i < kKeys; i++) {
      static_cast<void>(apply_put(store, {.key = key_of(i), .value = value}, changes));
    }
  }
  ListStorage storage;
  TestLeases leases;
  Store store{storage, leases};
};

Filled& filled() {
  static Filled instance;
  return instance;
}

void index_memory_per_key(benchmark::State& state) {
  for (auto _ : state) {
    const size_t before = allocated();
    KeyIndex index;
    for (int64_t i = 0; i < kKeys; i++) index.put(key_of(i), {i + 2, 0});
    state.counters["bytes_per_key"] = static_cast<double>(allocated() - before) / kKeys;
  }
  state.SetItemsProcessed(state.iterations() * kKeys);
}
BENCHMARK(index_memory_per_key)->Unit(benchmark::kMillisecond)->Iterations(2);

void put_new_and_old_keys(benchmark::State& state) {
  ListStorage storage;
  TestLeases leases;
  Store store(storage, leases);
  const Bytes value(256, 'v');
  Changes changes;
  int64_t i = 0;
  for (auto _ : state) {
    static_cast<void>(apply_put(store, {.key = key_of(i++ % kKeys), .value = value}, changes));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(put_new_and_old_keys);

void restore_a_million_keys(benchmark::State& state) {
  Filled& all = filled();
  for (auto _ : state) {
    Store again(all.storage, all.leases);
    benchmark::DoNotOptimize(again.key_count());
  }
}
BENCHMARK(restore_a_million_keys)->Unit(benchmark::kMillisecond)->Iterations(3);

void page_of_1000(benchmark::State& state) {
  Filled& all = filled();
  int64_t i = 0;
  for (auto _ : state) {
    RangeRequest request{.key = key_of(i++), .range_end = Bytes("\0", 1), .limit = 1000};
    const auto page = range(all.store, request);
    benchmark::DoNotOptimize(page->count);
  }
}
BENCHMARK(page_of_1000)->Unit(benchmark::kMicrosecond);

void count_of_a_range(benchmark::State& state) {
  Filled& all = filled();
  int64_t i = 0;
  for (auto _ : state) {
    RangeRequest request{.key = key_of(i++), .range_end = Bytes("\0", 1), .count_only = true};
    benchmark::DoNotOptimize(range(all.store, request)->count);
  }
}
BENCHMARK(count_of_a_range);

void get_one_key(benchmark::State& state) {
  Filled& all = filled();
  int64_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(range(all.store, {.key = key_of(i++)})->count);
  }
}
BENCHMARK(get_one_key);

void all_keys_in_slices_of_500(benchmark::State& state) {
  Filled& all = filled();
  for (auto _ : state) {
    RangeRequest request{.key = Bytes("\0", 1), .range_end = Bytes("\0", 1), .keys_only = true};
    auto cursor = RangeCursor::open(all.store, request);
    while (!*cursor->step()) continue;
    benchmark::DoNotOptimize(cursor->take().count);
  }
}
BENCHMARK(all_keys_in_slices_of_500)->Unit(benchmark::kMillisecond)->Iterations(2);

void hash_plan_of_a_million_keys(benchmark::State& state) {
  Filled& all = filled();
  for (auto _ : state) {
    auto plan = HashPlan::open(all.store, 0);
    while (!*plan->step()) continue;
    benchmark::DoNotOptimize(plan->take().kept.size());
  }
}
BENCHMARK(hash_plan_of_a_million_keys)->Unit(benchmark::kMillisecond)->Iterations(2);

void compaction_step_of_1000(benchmark::State& state) {
  Filled& all = filled();
  Store store(all.storage, all.leases);
  static_cast<void>(store.compact(store.revision()));
  for (auto _ : state) store.compact_step();
}
BENCHMARK(compaction_step_of_1000)->Unit(benchmark::kMicrosecond)->Iterations(900);

// One put, seen by 10,000 watchers in 10 or 1000 streams; the queues drained.
void fan_out_to_10000_watchers(benchmark::State& state) {
  ListStorage storage;
  TestLeases leases;
  Store store(storage, leases);
  WatchHub hub(store);
  std::vector<WatchStreamId> streams;
  for (int64_t i = 0; i < state.range(0); i++) {
    streams.push_back(hub.open_stream());
    for (int64_t w = 0; w < 10'000 / state.range(0); w++) hub.create(streams.back(), {.key = "k"});
    while (hub.pop(streams.back())) continue;
  }
  const Bytes value(256, 'v');
  Changes changes;
  for (auto _ : state) {
    static_cast<void>(apply_put(store, {.key = "k", .value = value}, changes));
    hub.publish(changes);
    state.PauseTiming();
    for (const WatchStreamId stream : streams) {
      while (hub.pop(stream)) continue;
    }
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(fan_out_to_10000_watchers)->Arg(10)->Arg(1000)->Unit(benchmark::kMicrosecond);

// 100 ranges that all end beyond the key, as prefixes of directories do.
void publish_beside_10000_other_ranges(benchmark::State& state) {
  ListStorage storage;
  TestLeases leases;
  Store store(storage, leases);
  WatchHub hub(store);
  const WatchStreamId stream = hub.open_stream();
  for (int64_t i = 0; i < 10'000; i++) {
    hub.create(stream, {.key = key_of(i) + "/", .range_end = key_of(i) + "0"});
  }
  Changes changes;
  int64_t i = 0;
  for (auto _ : state) {
    static_cast<void>(apply_put(store, {.key = key_of(i++ % 10'000) + "/x"}, changes));
    hub.publish(changes);
    while (hub.pop(stream)) continue;
  }
}
BENCHMARK(publish_beside_10000_other_ranges);

// A thousand revisions for a watcher that starts in the past.
void catch_up_slice(benchmark::State& state) {
  Filled& all = filled();
  WatchHub hub(all.store);
  const WatchStreamId stream = hub.open_stream();
  hub.create(stream, {.key = Bytes("\0", 1), .range_end = Bytes("\0", 1), .start_revision = 2});
  for (auto _ : state) {
    hub.sync_slice();
    while (hub.pop(stream)) continue;
  }
}
BENCHMARK(catch_up_slice)->Unit(benchmark::kMicrosecond)->Iterations(500);

}  // namespace
}  // namespace argosy::etcd::mvcc
