#include "parts/etcd/wal/wal.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"

namespace argosy::etcd::wal {
namespace {

constexpr uint32_t kDirectoryMode = 0700;
constexpr uint32_t kSegmentMode = 0600;

}  // namespace

Wal::Wal(Disk& disk, std::string directory, WalOptions options)
    : disk_(disk), directory_(std::move(directory)), options_(options) {}

Wal::~Wal() {
  if (!next_) return;
  // What stays is overwritten by the next one who prepares a segment.
  (void)disk_.remove(next_->path());
}

Result<std::unique_ptr<Wal>> Wal::create(Disk& disk, std::string directory, BytesView metadata,
                                         WalOptions options) {
  if (wal_exists(disk, directory)) {
    return fail(Error(Code::kAlreadyExists, "file already exists").context(directory));
  }
  const std::string temporary = directory + ".tmp";
  TRY(remove_all(disk, temporary));
  TRY(disk.make_directories(temporary, kDirectoryMode));

  auto wal = std::unique_ptr<Wal>(new Wal(disk, directory, options));
  wal->metadata_ = metadata;
  const SegmentName name;
  auto file = TRY(disk.open(join_path(temporary, name.text()),
                            {.create = true, .exclusive = true, .mode = kSegmentMode}));
  if (!TRY(file->try_lock())) return fail(Code::kFailedPrecondition, "wal: file already locked");
  TRY(file->allocate(options.segment_bytes));
  wal->segments_.push_back({name, std::move(file)});
  wal->add_head();
  wal->encoder_.add_snapshot({});
  TRY(wal->write_pending());
  TRY(wal->tail().sync());
  TRY(disk.sync_directory(temporary));

  TRY(remove_all(disk, directory));
  TRY(disk.rename(temporary, directory));
  TRY(disk.sync_directory(parent_path(directory)));
  return wal;
}

Result<void> Wal::remember(Result<void> done) {
  if (!done) failure_ = done.error();
  return done;
}

Result<void> Wal::write_pending() {
  const BytesView pending = encoder_.pending();
  TRY(tail().write_at(offset_, pending));
  offset_ += pending.size();
  bytes_written_ += pending.size();
  encoder_.clear();
  return {};
}

Result<void> Wal::sync_file(File& file) {
  if (options_.unsafe_no_sync) return {};
  return file.sync_data();
}

// What every segment begins with; the hard state so that no older segment is needed for
// it.
void Wal::add_head() {
  encoder_.add_crc();
  encoder_.add_metadata(metadata_);
  if (!hard_state_.is_empty()) encoder_.add_state(hard_state_);
}

Result<void> Wal::save(const raft::HardState& hard_state, std::span<const raft::Entry> entries,
                       bool must_sync) {
  if (failure_) return fail(*failure_);
  for (const raft::Entry& entry : entries) {
    if (record_size_bound(entry) >= kMaxRecordBytes) {
      return fail(Error(Code::kResourceExhausted, "wal: max entry size limit exceeded")
                      .context(format("saving entry {}", entry.index.value())));
    }
  }
  must_sync = must_sync || !entries.empty();
  for (const raft::Entry& entry : entries) encoder_.add_entry(entry);
  if (!entries.empty()) last_index_ = entries.back().index;
  if (!hard_state.is_empty()) {
    must_sync =
        must_sync || hard_state.term != hard_state_.term || hard_state.vote != hard_state_.vote;
    encoder_.add_state(hard_state);
    hard_state_ = hard_state;
  }
  if (!encoder_.pending().empty()) TRY(remember(write_pending()));
  if (offset_ >= options_.segment_bytes) return remember(cut());
  return must_sync ? remember(sync_file(tail())) : Result<void>();
}

Result<void> Wal::save_snapshot(WalSnapshot snapshot) {
  if (failure_) return fail(*failure_);
  encoder_.add_snapshot(snapshot);
  last_index_ = std::max(last_index_, snapshot.index);
  TRY(remember(write_pending()));
  return remember(sync_file(tail()));
}

Result<void> Wal::sync() {
  if (failure_) return fail(*failure_);
  return remember(sync_file(tail()));
}

Result<void> Wal::prepare_next_segment() {
  if (next_) return {};
  // Two names take turns, as in the original.
  const std::string path = path_of(format("{}.tmp", (segments_.back().name.sequence + 1) % 2));
  auto file = TRY(disk_.open(path, {.create = true, .truncate = true, .mode = kSegmentMode}));
  if (!TRY(file->try_lock())) {
    return fail(Error(Code::kFailedPrecondition, "wal: file already locked").context(path));
  }
  TRY(file->allocate(options_.segment_bytes));
  next_ = std::move(file);
  return {};
}

// The full segment loses its unused space and is made durable; the next one appears
// under its name once it has its head. In between a crash leaves the full one as the
// last, which is well.
Result<void> Wal::cut() {
  TRY(tail().truncate(offset_));
  TRY(sync_file(tail()));
  TRY(prepare_next_segment());
  const SegmentName name{segments_.back().name.sequence + 1, last_index_ + 1};
  const std::string temporary = next_->path();
  segments_.push_back({name, std::move(next_)});
  offset_ = 0;
  add_head();
  TRY(write_pending());
  TRY(sync_file(tail()));
  TRY(disk_.rename(temporary, path_of(name.text())));
  return disk_.sync_directory(directory_);
}

Result<void> Wal::release_lock_to(raft::LogIndex index) {
  const auto first_after = std::ranges::find_if(
      segments_, [&](const Segment& segment) { return segment.name.first_index >= index; });
  // The one before may hold entries from before `index` on; the last is in use.
  auto keep = first_after == segments_.begin() ? first_after : std::prev(first_after);
  segments_.erase(segments_.begin(), keep);
  return {};
}

Result<std::vector<std::string>> Wal::purge(size_t keep) {
  const auto all = TRY(list_segments(disk_, directory_));
  std::vector<std::string> purged;
  for (size_t i = 0; i + keep < all.size(); ++i) {
    if (all[i].sequence >= segments_.front().name.sequence) break;
    const std::string path = path_of(all[i].text());
    const auto file = TRY(disk_.open(path, {}));
    if (!TRY(file->try_lock())) break;
    TRY(disk_.remove(path));
    purged.push_back(all[i].text());
  }
  return purged;
}

}  // namespace argosy::etcd::wal
