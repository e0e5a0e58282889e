// Finding a log again: reading it, mending its end, going on.
#include "base/format.h"
#include "parts/etcd/wal/collector.h"
#include "parts/etcd/wal/log_reader.h"
#include "parts/etcd/wal/wal.h"

namespace argosy::etcd::wal {
namespace {

constexpr size_t kCopyBytes = 1 << 20;

Result<std::vector<std::unique_ptr<File>>> open_for_reading(Disk& disk,
                                                            const std::string& directory,
                                                            const std::vector<SegmentName>& names) {
  std::vector<std::unique_ptr<File>> files;
  for (const SegmentName& name : names) {
    files.push_back(TRY(disk.open(join_path(directory, name.text()), {.write = false})));
  }
  return files;
}

// The newest segments that follow each other. Older ones are not needed; a crash may
// have brought some of them back, as their removal is not synced.
std::vector<SegmentName> without_gap(std::vector<SegmentName> all) {
  size_t first = all.size() - 1;
  while (first > 0 && all[first - 1].sequence + 1 == all[first].sequence) --first;
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(first));
  return all;
}

std::vector<File*> pointers(const std::vector<std::unique_ptr<File>>& files) {
  std::vector<File*> out;
  for (const auto& file : files) out.push_back(file.get());
  return out;
}

}  // namespace

bool wal_exists(Disk& disk, const std::string& directory) {
  return list_segments(disk, directory).has_value();
}

Result<WalContent> read_wal(Disk& disk, const std::string& directory, WalSnapshot snapshot) {
  auto all = TRY(list_segments(disk, directory));
  const auto names = TRY(segments_from(std::move(all), snapshot.index));
  const auto files = TRY(open_for_reading(disk, directory, names));
  LogReader reader(pointers(files));
  Collector collector(snapshot);
  TRY(collector.read_all(reader));
  return std::move(collector.content());
}

Result<std::vector<WalSnapshot>> valid_snapshot_entries(Disk& disk, const std::string& directory) {
  const auto names = without_gap(TRY(list_segments(disk, directory)));
  const auto files = TRY(open_for_reading(disk, directory, names));
  LogReader reader(pointers(files));
  std::vector<WalSnapshot> snapshots;
  raft::HardState state;
  while (const auto record = TRY(reader.next())) {
    if (record->is(RecordType::kSnapshot)) {
      snapshots.push_back(TRY(decode_snapshot_mark(record->data)));
    } else if (record->is(RecordType::kState)) {
      auto decoded = decode_state_record(record->data);
      if (!decoded) return fail(reader.error_here(Code::kDataLoss, decoded.error().message()));
      state = *decoded;
    }
  }
  std::erase_if(snapshots, [&](const WalSnapshot& one) { return one.index > state.commit; });
  return snapshots;
}

Result<Wal::Opened> Wal::open(Disk& disk, std::string directory, WalSnapshot snapshot,
                              WalOptions options) {
  auto wal = std::unique_ptr<Wal>(new Wal(disk, std::move(directory), options));
  auto all = TRY(list_segments(disk, wal->directory_));
  const auto names = TRY(segments_from(std::move(all), snapshot.index));
  TRY(wal->lock(names));
  std::vector<File*> files;
  for (const Segment& segment : wal->segments_) files.push_back(segment.file.get());
  LogReader reader(std::move(files));
  Collector collector(snapshot);
  TRY(collector.read_all(reader));

  Opened opened;
  wal->metadata_ = collector.content().metadata;
  wal->hard_state_ = collector.content().hard_state;
  wal->last_index_ = collector.last_index();
  opened.broken_copy = TRY(wal->resume_after(reader));
  opened.content = std::move(collector.content());
  opened.wal = std::move(wal);
  return opened;
}

Result<void> Wal::lock(const std::vector<SegmentName>& names) {
  for (const SegmentName& name : names) {
    auto file = TRY(disk_.open(path_of(name.text()), {}));
    if (!TRY(file->try_lock())) {
      return fail(
          Error(Code::kFailedPrecondition, "fileutil: file already locked").context(file->path()));
    }
    segments_.push_back({name, std::move(file)});
  }
  return {};
}

// Nothing but zeros may follow the end before something is appended: new records would
// overwrite what an interrupted write has left only in part.
Result<std::optional<std::string>> Wal::resume_after(const LogReader& reader) {
  std::optional<std::string> copy;
  offset_ = reader.end();
  encoder_.resume(reader.crc());
  if (reader.is_torn()) copy = TRY(copy_broken());
  const uint64_t size = TRY(tail().size());
  if (reader.has_garbage()) TRY(tail().truncate(offset_));
  if (reader.has_garbage() || size < options_.segment_bytes) {
    // Only for speed, so on a full disk the log is still opened.
    (void)tail().allocate(options_.segment_bytes);
  }
  if (offset_ == 0) {
    add_head();
    TRY(write_pending());
  }
  TRY(make_durable(reader.unproven_from()));
  return copy;
}

// What was read is believed from now on, but it may be in memory only: the last run may
// have ended between a write and its sync, or because a sync failed. A later sync writes
// only what was written since, so that is written again.
Result<void> Wal::make_durable(uint64_t from) {
  Bytes piece(kCopyBytes, '\0');
  while (from < offset_) {
    const uint64_t wanted = std::min<uint64_t>(offset_ - from, kCopyBytes);
    const size_t got = TRY(tail().read_at(from, piece.data(), wanted));
    TRY(tail().write_at(from, BytesView(piece).substr(0, got)));
    from += wanted;
  }
  if (options_.unsafe_no_sync) return {};
  TRY(tail().sync());
  TRY(disk_.sync_directory(directory_));
  return disk_.sync_directory(parent_path(directory_));
}

Result<std::string> Wal::copy_broken() {
  const std::string path = path_of(segments_.back().name.text()) + ".broken";
  const auto copy = TRY(disk_.open(path, {.create = true, .truncate = true}));
  const uint64_t size = TRY(tail().size());
  Bytes piece(kCopyBytes, '\0');
  for (uint64_t at = 0; at < size; at += kCopyBytes) {
    const size_t got = TRY(tail().read_at(at, piece.data(), piece.size()));
    TRY(copy->write_at(at, BytesView(piece).substr(0, got)));
  }
  TRY(copy->sync());
  return path;
}

}  // namespace argosy::etcd::wal
