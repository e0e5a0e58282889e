// Puts as the applying thread makes them, commits included, and reads from the layers.
// On /dev/shm, so that the disk's own time stays out.
#include <benchmark/benchmark.h>
#include <fstream>
#include <unistd.h>

#include "base/check.h"
#include "parts/etcd/backend/backend.h"
#include "parts/etcd/backend/db_hash.h"

namespace argosy::etcd::backend {
namespace {

constexpr uint64_t kKeys = 1000000;

std::string bench_path() {
  return "/dev/shm/argosy-backend-bench-" + std::to_string(::getpid());
}

struct RemoveAtExit {
  ~RemoveAtExit() { (void)remove_all(real_disk(), bench_path()); }
};

// Memory that is not the mapped file, as the kernel counts it.
double anonymous_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::strtod(line.c_str() + 8, nullptr) / 1024;
  }
  return 0;
}

std::unique_ptr<Backend> open_fresh() {
  static const RemoveAtExit remove_at_exit;
  (void)remove_all(real_disk(), bench_path());
  auto backend = Backend::open(real_disk(), real_clock(), bench_path(), {});
  check(backend.has_value());
  return std::move(*backend);
}

Bytes revision(uint64_t main) {
  Bytes key;
  key.reserve(17);
  append_be64(key, main);
  key += '_';
  append_be64(key, 0);
  return key;
}

void put(Backend& backend, uint64_t main, const Bytes& value) {
  backend.put(Bucket::kKey, revision(main), value);
  if (main % 1000 == 0) backend.put(Bucket::kMeta, "consistent_index", revision(main));
}

void fill(Backend& backend) {
  const Bytes value(300, 'v');
  for (uint64_t main = 1; main <= kKeys; ++main) {
    put(backend, main, value);
    if (backend.pending_operations() >= 10000) check(backend.commit_now().has_value());
  }
  check(backend.commit_now().has_value());
}

// The owner's own cost: commits run beside it, and it waits when both batches are full.
void puts_of_the_owner(benchmark::State& state) {
  const auto backend = open_fresh();
  const Bytes value(300, 'v');
  uint64_t main = 0;
  for (auto _ : state) {
    put(*backend, ++main, value);
    if (backend->pending_operations() < 10000) continue;
    if (backend->is_busy()) check(backend->commit_now().has_value());
    if (backend->pending_operations() > 0) backend->seal_and_commit({});
  }
  state.counters["anonymous_MB"] = anonymous_megabytes();
  check(backend->commit_now().has_value());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(puts_of_the_owner)->Iterations(kKeys)->MeasureProcessCPUTime()->UseRealTime();

void random_gets(benchmark::State& state) {
  const auto backend = open_fresh();
  fill(*backend);
  uint64_t at = 1;
  for (auto _ : state) {
    at = at * 6364136223846793005 + 1442695040888963407;
    benchmark::DoNotOptimize(backend->get(Bucket::kKey, revision(1 + (at >> 33) % kKeys)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(random_gets);

void scan_all(benchmark::State& state) {
  const auto backend = open_fresh();
  fill(*backend);
  for (auto _ : state) {
    size_t keys = 0;
    backend->scan(Bucket::kKey, "", "", [&](BytesView, BytesView) { return ++keys > 0; });
    check(keys == kKeys);
  }
  state.SetItemsProcessed(state.iterations() * int64_t{kKeys});
}
BENCHMARK(scan_all)->Unit(benchmark::kMillisecond);

void hash_all(benchmark::State& state) {
  const auto backend = open_fresh();
  fill(*backend);
  for (auto _ : state) benchmark::DoNotOptimize(hash(backend->committed(), HashedKeys::kAll));
}
BENCHMARK(hash_all)->Unit(benchmark::kMillisecond);

void defragment(benchmark::State& state) {
  const auto backend = open_fresh();
  fill(*backend);
  for (auto _ : state) check(backend->defragment_now().has_value());
}
BENCHMARK(defragment)->Unit(benchmark::kMillisecond)->Iterations(2);

}  // namespace
}  // namespace argosy::etcd::backend
