// The write-ahead log: what a member must remember before it answers, in files that
// the original's 3.4 to 3.7 read and write too (docs/formats/wal.md).
//
// A Wal holds a flock on each of its segments that may still be needed, and appends to
// the last. One thread (the member's WAL thread) calls everything on it; the free
// functions below may be called from any thread.
//
// When save(), save_snapshot() or sync() returns an error from the disk, nobody knows
// what is on it: from then on they all return an error. Close, and open again to learn
// what survived.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "parts/etcd/raft/types.h"
#include "parts/etcd/raftpb/raftpb.h"
#include "parts/etcd/wal/encoder.h"
#include "parts/etcd/wal/segment_name.h"
#include "sys/file/disk.h"

namespace argosy::etcd::wal {

class LogReader;

using WalSnapshot = raftpb::SnapshotMark;

struct WalOptions {
  // A segment is cut when a save ends at or after this many bytes.
  uint64_t segment_bytes = 64'000'000;
  // Never waits for the disk: for throw-away members only, which a crash may destroy.
  bool unsafe_no_sync = false;
};

// What a log says from a snapshot on.
struct WalContent {
  Bytes metadata;
  raft::HardState hard_state;
  // Those after the snapshot, without a gap; later ones have overwritten earlier ones
  // of the same index.
  std::vector<raft::Entry> entries;
};

class Wal {
 public:
  struct Opened;

  // Makes the directory, with a first segment, all or nothing. AlreadyExists when it
  // holds segments.
  static Result<std::unique_ptr<Wal>> create(Disk& disk, std::string directory, BytesView metadata,
                                             WalOptions options = {});

  // Reads everything from `snapshot` on and makes ready to append. A torn tail, that
  // is, one that an interrupted unsynced write explains, is cut off after a copy of the
  // segment was made; anything else that is wrong is an error, with the text of the
  // original and the file and offset as its context:
  //   NotFound            wal: file not found / wal: snapshot not found
  //   FailedPrecondition  wal: snapshot mismatch / wal: conflicting metadata found /
  //                       fileutil: file already locked
  //   DataLoss            wal: crc mismatch / wal: max entry size limit exceeded /
  //                       wal: slice bounds out of range / unexpected block type ...
  static Result<Opened> open(Disk& disk, std::string directory, WalSnapshot snapshot,
                             WalOptions options = {});

  // Releases the locks and removes the prepared segment. Syncs nothing.
  ~Wal();
  Wal(const Wal&) = delete;
  Wal& operator=(const Wal&) = delete;

  // Appends the entries and, if it is not empty, the hard state, in one write; then makes
  // all that was saved so far durable if there are entries, if term or vote changed, or
  // if `must_sync` asks for it (only a new commit index may be forgotten in a crash).
  // Cuts, which syncs too, when the segment is full. An entry too large to be read again
  // (kMaxRecordBytes) is refused with ResourceExhausted and nothing is written.
  Result<void> save(const raft::HardState& hard_state, std::span<const raft::Entry> entries,
                    bool must_sync);
  // Durable when it returns. The .snap file must be on disk before.
  Result<void> save_snapshot(WalSnapshot snapshot);
  Result<void> sync();

  // Allocates the segment after this one, if that is not done yet, so that no save has
  // to wait for it. For when there is nothing to save. An error is none of the log.
  Result<void> prepare_next_segment();

  // Lets go of the segments that hold only entries before `index`.
  Result<void> release_lock_to(raft::LogIndex index);
  // Removes the oldest released segments until `keep` are left; their names.
  Result<std::vector<std::string>> purge(size_t keep = 5);

  // The last one saved, or read.
  const raft::HardState& hard_state() const { return hard_state_; }
  // Bytes in the current segment, without its zero tail.
  uint64_t segment_size() const { return offset_; }
  // Written since it was opened: records, their frames and padding.
  uint64_t bytes_written() const { return bytes_written_; }

 private:
  struct Segment {
    SegmentName name;
    std::unique_ptr<File> file;
  };

  Wal(Disk& disk, std::string directory, WalOptions options);

  std::string path_of(std::string_view name) const { return join_path(directory_, name); }
  File& tail() { return *segments_.back().file; }
  // `done`, and if it is an error, the end of appending.
  Result<void> remember(Result<void> done);
  Result<void> write_pending();
  Result<void> sync_file(File& file);
  Result<void> cut();
  void add_head();
  // For open().
  Result<void> lock(const std::vector<SegmentName>& names);
  Result<std::optional<std::string>> resume_after(const LogReader& reader);
  Result<std::string> copy_broken();
  Result<void> make_durable(uint64_t from);

  Disk& disk_;
  const std::string directory_;
  const WalOptions options_;
  Bytes metadata_;
  raft::HardState hard_state_;
  raft::LogIndex last_index_;
  std::deque<Segment> segments_;  // locked ones, oldest first
  std::unique_ptr<File> next_;    // the one prepared, still under a temporary name
  Encoder encoder_;
  uint64_t offset_ = 0;
  uint64_t bytes_written_ = 0;
  std::optional<Error> failure_;
};

struct Wal::Opened {
  std::unique_ptr<Wal> wal;
  WalContent content;
  // The copy of a segment with a torn tail, if there was one.
  std::optional<std::string> broken_copy;
};

// Whether the directory holds a segment.
bool wal_exists(Disk& disk, const std::string& directory);

// As Wal::open, but takes no lock and changes nothing; a torn tail just ends it.
Result<WalContent> read_wal(Disk& disk, const std::string& directory, WalSnapshot snapshot);

// The snapshots that the whole log knows up to its last committed index, oldest first:
// those that a member may start from.
Result<std::vector<WalSnapshot>> valid_snapshot_entries(Disk& disk, const std::string& directory);

}  // namespace argosy::etcd::wal
