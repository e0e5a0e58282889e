#include <benchmark/benchmark.h>
#include <cstdlib>

#include "base/format.h"
#include "parts/etcd/wal/wal.h"

using namespace argosy;
using namespace argosy::etcd;
using namespace argosy::etcd::wal;

namespace {

std::vector<raft::Entry> batch_of(size_t count, size_t bytes) {
  std::vector<raft::Entry> entries;
  for (size_t i = 0; i < count; ++i) {
    entries.push_back({raft::EntryType::kNormal, raft::Term(3), raft::LogIndex(1000 + i),
                       SharedBytes(Bytes(bytes, 'v'))});
  }
  return entries;
}

void encode_entries(benchmark::State& state) {
  const auto entries =
      batch_of(static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)));
  Encoder encoder;
  size_t size = 0;
  for (auto _ : state) {
    for (const raft::Entry& entry : entries) encoder.add_entry(entry);
    size = encoder.pending().size();
    benchmark::DoNotOptimize(encoder.pending().data());
    encoder.clear();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(size));
}
BENCHMARK(encode_entries)->Args({1, 256})->Args({100, 256})->Args({10, 65536});

// On the real disk, in the working directory; with a sync for each save or with none.
void save_entries(benchmark::State& state) {
  char name[] = "wal-bench-XXXXXX";
  if (::mkdtemp(name) == nullptr) return state.SkipWithError("mkdtemp");
  const std::string home = name;
  {
    const WalOptions options{.unsafe_no_sync = state.range(1) == 0};
    auto wal = Wal::create(real_disk(), home + "/wal", "bench", options);
    if (!wal) return state.SkipWithError(wal.error().text().c_str());
    const auto entries = batch_of(static_cast<size_t>(state.range(0)), 256);
    const raft::HardState hard_state{raft::Term(3), raft::NodeId(1), raft::LogIndex(999)};
    for (auto _ : state) {
      if (!(*wal)->save(hard_state, entries, true)) return state.SkipWithError("save");
      if ((*wal)->segment_size() > 60'000'000) (void)(*wal)->prepare_next_segment();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
  }
  (void)remove_all(real_disk(), home);
}
BENCHMARK(save_entries)->Args({1, 1})->Args({100, 1})->Args({1, 0})->Args({100, 0})->UseRealTime();

void open_log(benchmark::State& state) {
  char name[] = "wal-bench-XXXXXX";
  if (::mkdtemp(name) == nullptr) return state.SkipWithError("mkdtemp");
  const std::string home = name;
  {
    auto wal = Wal::create(real_disk(), home + "/wal", "bench").value();
    auto entries = batch_of(static_cast<size_t>(state.range(0)), 256);
    uint64_t index = 0;
    for (raft::Entry& entry : entries) entry.index = raft::LogIndex(++index);
    if (!wal->save({}, entries, true)) return state.SkipWithError("save");
  }
  for (auto _ : state) {
    auto opened = Wal::open(real_disk(), home + "/wal", {});
    benchmark::DoNotOptimize(opened);
  }
  (void)remove_all(real_disk(), home);
}
BENCHMARK(open_log)->Arg(1)->Arg(100'000)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
