// Any bytes as the only segment of a log: opening ends, with content or an error; what
// was read can be appended to and read again.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "parts/etcd/wal/wal.h"
#include "sim/disk/sim_disk.h"

using namespace argosy;
using namespace argosy::etcd;
using namespace argosy::etcd::wal;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr WalOptions kOptions{.segment_bytes = 2048};
  sim::SimDisk disk;
  check(disk.make_directories("wal", 0700).has_value());
  {
    auto file = disk.open("wal/" + SegmentName{}.text(), {.create = true});
    const BytesView bytes(reinterpret_cast<const char*>(data), size);
    check(file && (*file)->write_at(0, bytes));
  }
  (void)valid_snapshot_entries(disk, "wal");
  const auto read = read_wal(disk, "wal", {});
  std::vector<raft::Entry> expected;
  {
    auto opened = Wal::open(disk, "wal", {}, kOptions);
    check(opened.has_value() == read.has_value());
    if (!opened) return 0;
    expected = std::move(opened->content.entries);
    check(expected == read->entries);
    const raft::HardState state = opened->wal->hard_state();
    const raft::Term term = expected.empty() ? state.term : expected.back().term;
    const raft::LogIndex index(std::max<uint64_t>(expected.size(), state.commit.value()) + 1);
    if (index.value() != expected.size() + 1) return 0;
    expected.push_back({raft::EntryType::kNormal, term, index, SharedBytes(Bytes(900, 'x'))});
    check(opened->wal->save({}, std::span(&expected.back(), 1), true).has_value());
  }
  const auto again = read_wal(disk, "wal", {});
  check(again && again->entries == expected);
  return 0;
}
