#include <benchmark/benchmark.h>

#include "parts/etcd/lease/lessor.h"
#include "parts/etcd/storage/memory_storage.h"

namespace argosy::etcd::lease {
namespace {

constexpr int64_t kLeases = 100'000;

void renew_one_of_100000(benchmark::State& state) {
  MemoryStorage storage;
  Lessor lessor(storage, {});
  MonotonicTime now{};
  lessor.promote({}, now);
  for (int64_t id = 1; id <= kLeases; id++) {
    static_cast<void>(lessor.grant(LeaseId(id), 60, now));
  }
  int64_t i = 0;
  for (auto _ : state) {
    now += microseconds(100);
    benchmark::DoNotOptimize(lessor.renew(LeaseId(1 + i++ * 7919 % kLeases), now)->ttl);
    if (i % 5000 == 0) benchmark::DoNotOptimize(lessor.expired(now).size());
  }
}
BENCHMARK(renew_one_of_100000);

void promote_with_100000(benchmark::State& state) {
  MemoryStorage storage;
  Lessor lessor(storage, {});
  for (int64_t id = 1; id <= kLeases; id++) {
    static_cast<void>(lessor.grant(LeaseId(id), 60, MonotonicTime{}));
  }
  for (auto _ : state) lessor.promote(seconds(1), MonotonicTime{});
}
BENCHMARK(promote_with_100000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace argosy::etcd::lease
