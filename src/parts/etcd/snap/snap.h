// Raft snapshots as files, <term>-<index>.snap, as the original's 3.4 to 3.7 write them
// (docs/formats/snap.md), and the databases received with them, <index>.snap.db.
//
// Stateless functions on a directory; one thread at a time for each directory. Files
// appear whole or not at all.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "parts/etcd/raft/types.h"
#include "parts/etcd/raftpb/raftpb.h"
#include "sys/file/disk.h"

namespace argosy::etcd::snap {

// -- One file

// "0000000000000002-00000000000186a1.snap"
std::string file_name(raft::Term term, raft::LogIndex index);
Bytes encode_file(const raft::Snapshot& snapshot);
// DataLoss: "snap: empty snapshot", "snap: crc mismatch" or what raftpb has to say.
Result<raft::Snapshot> decode_file(BytesView bytes);
Result<raft::Snapshot> read(Disk& disk, const std::string& path);

// -- The directory

// Durable when it returns; an empty snapshot is not written.
Result<void> save(Disk& disk, const std::string& directory, const raft::Snapshot& snapshot);

struct Loaded {
  raft::Snapshot snapshot;
  // Files that were unreadable and are now called *.broken.
  std::vector<std::string> broken;
};

// The newest readable one; NotFound "snap: no available snapshot" if there is none.
Result<Loaded> load(Disk& disk, const std::string& directory);
// The newest readable one that is among `known`, the snapshots that the log knows
// (wal::valid_snapshot_entries).
Result<Loaded> load_newest_available(Disk& disk, const std::string& directory,
                                     std::span<const raftpb::SnapshotMark> known);

// Removes the oldest until `keep` are left; their names.
Result<std::vector<std::string>> purge(Disk& disk, const std::string& directory, size_t keep = 5);

// Removes what an interrupted run has left: db.tmp*, tmp* and unfinished .snap files.
// For a start, before anything is written; returns their names.
Result<std::vector<std::string>> remove_leftovers(Disk& disk, const std::string& directory);

// -- Databases received from a leader, waiting to be installed

std::string database_path(const std::string& directory, raft::LogIndex index);
// Its path if it is there, NotFound "snap: snapshot file doesn't exist" otherwise.
Result<std::string> find_database(Disk& disk, const std::string& directory, raft::LogIndex index);
Result<std::vector<raft::LogIndex>> list_databases(Disk& disk, const std::string& directory);
// Removes those of snapshots before `index`; their names.
Result<std::vector<std::string>> release_databases(Disk& disk, const std::string& directory,
                                                   raft::LogIndex index);

// A database on its way in: append its pieces, then commit. One that is dropped before
// leaves nothing behind.
class IncomingDatabase {
 public:
  // `tag` tells apart what comes in at the same time.
  static Result<IncomingDatabase> begin(Disk& disk, const std::string& directory,
                                        std::string_view tag);
  IncomingDatabase(IncomingDatabase&& other) noexcept;
  IncomingDatabase& operator=(IncomingDatabase&&) = delete;
  ~IncomingDatabase();

  Result<void> append(BytesView piece);
  uint64_t size() const { return size_; }
  // Makes it durable as the database of the snapshot at `index`; an older one of the
  // same index is kept instead, since it is equal.
  Result<void> commit(raft::LogIndex index) &&;

 private:
  IncomingDatabase(Disk& disk, std::string directory, std::unique_ptr<File> file);

  Disk& disk_;
  std::string directory_;
  std::unique_ptr<File> file_;
  uint64_t size_ = 0;
};

}  // namespace argosy::etcd::snap
