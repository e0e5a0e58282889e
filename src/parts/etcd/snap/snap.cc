#include "parts/etcd/snap/snap.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/format.h"
#include "base/protowire.h"

namespace argosy::etcd::snap {
namespace {

constexpr std::string_view kSuffix = ".snap";
constexpr std::string_view kUnfinishedSuffix = ".snap.tmp";
constexpr uint32_t kMode = 0644;

std::unexpected<Error> damage(std::string message) {
  return fail(Code::kDataLoss, std::move(message));
}

// Oldest first: names sort by term, then index.
Result<std::vector<std::string>> list_snapshots(Disk& disk, const std::string& directory) {
  auto names = TRY(disk.list(directory));
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(kSuffix); });
  return names;
}

template <typename Wanted>
Result<Loaded> load_matching(Disk& disk, const std::string& directory, Wanted is_wanted) {
  auto names = TRY(list_snapshots(disk, directory));
  Loaded loaded;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const std::string path = join_path(directory, *name);
    auto snapshot = read(disk, path);
    if (!snapshot) {
      // A disk that cannot be read is no reason to go back to an older snapshot.
      if (snapshot.error().code() != Code::kDataLoss) return fail(snapshot.error());
      TRY(disk.rename(path, path + ".broken"));
      loaded.broken.push_back(*name);
    } else if (is_wanted(snapshot->metadata)) {
      loaded.snapshot = *std::move(snapshot);
      return loaded;
    }
  }
  return fail(Error(Code::kNotFound, "snap: no available snapshot").context(directory));
}

}  // namespace

std::string file_name(raft::Term term, raft::LogIndex index) {
  return format("{}-{}{}", to_hex16(term.value()), to_hex16(index.value()), kSuffix);
}

Bytes encode_file(const raft::Snapshot& snapshot) {
  const Bytes data = raftpb::to_bytes(snapshot);
  Bytes out;
  out.reserve(data.size() + 16);
  protowire::Writer writer(out);
  writer.uint64(1, crc32c(0, data));
  writer.bytes(2, data);
  return out;
}

Result<raft::Snapshot> decode_file(BytesView bytes) {
  uint64_t crc = 0;
  BytesView data;
  protowire::Reader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        crc = in.uint64();
        break;
      case 2:
        data = in.bytes();
        break;
      default:
        break;
    }
  }
  if (in.failed()) return damage("snap: malformed snapshot file");
  if (data.empty() || crc == 0) return damage("snap: empty snapshot");
  if (crc32c(0, data) != crc) return damage("snap: crc mismatch");
  auto snapshot = raftpb::decode_snapshot(data);
  if (!snapshot) return damage(snapshot.error().message());
  return snapshot;
}

Result<raft::Snapshot> read(Disk& disk, const std::string& path) {
  const Bytes bytes = TRY(read_file(disk, path));
  return TRY_CONTEXT(decode_file(bytes), path);
}

Result<void> save(Disk& disk, const std::string& directory, const raft::Snapshot& snapshot) {
  if (snapshot.is_empty()) return {};
  const std::string name = file_name(snapshot.metadata.term, snapshot.metadata.index);
  return replace_file(disk, join_path(directory, name), encode_file(snapshot), kMode);
}

Result<Loaded> load(Disk& disk, const std::string& directory) {
  return load_matching(disk, directory, [](const raft::SnapshotMetadata&) { return true; });
}

Result<Loaded> load_newest_available(Disk& disk, const std::string& directory,
                                     std::span<const raftpb::SnapshotMark> known) {
  return load_matching(disk, directory, [&](const raft::SnapshotMetadata& metadata) {
    const raftpb::SnapshotMark mark{metadata.index, metadata.term};
    return std::ranges::find(known, mark) != known.end();
  });
}

Result<std::vector<std::string>> purge(Disk& disk, const std::string& directory, size_t keep) {
  auto names = TRY(list_snapshots(disk, directory));
  names.resize(names.size() - std::min(keep, names.size()));
  for (const std::string& name : names) TRY(disk.remove(join_path(directory, name)));
  return names;
}

Result<std::vector<std::string>> remove_leftovers(Disk& disk, const std::string& directory) {
  auto names = TRY(disk.list(directory));
  std::erase_if(names, [](const std::string& name) {
    return !name.starts_with("db.tmp") && !name.starts_with("tmp") &&
           !name.ends_with(kUnfinishedSuffix);
  });
  for (const std::string& name : names) TRY(disk.remove(join_path(directory, name)));
  return names;
}

}  // namespace argosy::etcd::snap
