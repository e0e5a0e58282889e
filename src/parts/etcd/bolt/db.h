// The page file: buckets of ordered keys in one file, readable and writable by
// bbolt 1.3 and by us (docs/formats/bolt.md). Source: etcd-io/bbolt's file format.
//
// Many snapshots (ReadTx), one writer (WriteTx) at a time. begin_read, stats and size
// may be called on any thread; begin_write and the WriteTx on one at a time. ReadTx
// outlives the Db; a WriteTx does not.
//
// Errors: DataLoss for a file that is damaged or is none ("invalid database",
// "version mismatch", "checksum error"), DeadlineExceeded "timeout" when another
// process holds the file, else what the disk said.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "parts/etcd/bolt/read_tx.h"
#include "parts/etcd/bolt/write_tx.h"
#include "sys/file/disk.h"

namespace argosy::etcd::bolt {

struct Options {
  bool read_only = false;         // the file must exist
  uint64_t initial_map_size = 0;  // bytes of address space; saves remapping later
  Duration lock_timeout{0};       // how long to wait for the file's lock; 0: one attempt
  uint32_t page_size = 4096;      // of a new file; an old one has its own
  bool sync = true;               // false: commits don't sync, sync() does; for scratch files
};

struct Stats {
  uint64_t free_pages = 0;     // may be used by the next transaction
  uint64_t pending_pages = 0;  // wait for snapshots that see them
  uint64_t size = 0;           // bytes up to the high-water mark; the file may be longer
  uint64_t size_in_use = 0;    // size without the free pages
};

class Core;

class Db {
 public:
  // Makes the file when it is missing or empty. A writable open reads every page, to
  // find the free ones and to refuse a damaged file before it is written to.
  static Result<std::unique_ptr<Db>> open(Disk& disk, const std::string& path,
                                          const Options& options);
  ~Db();

  ReadTx begin_read() const;
  // FailedPrecondition when read only, when another is open, or after a failed commit.
  Result<WriteTx> begin_write();

  Stats stats() const;
  const std::string& path() const;
  // Makes durable what commits without Options::sync wrote.
  Result<void> sync();
  // begin_read().verify() and, between transactions of a writable Db, that what is not
  // reachable is exactly what the free list holds.
  Result<void> verify() const;

 private:
  explicit Db(std::shared_ptr<Core> core);

  std::shared_ptr<Core> core_;
};

// Writes the buckets of a snapshot, without holes, to a new file at `path` (replacing
// what is there), in transactions of 10000 keys; durable at the end but for the
// directory. Nested buckets are Unimplemented.
Result<void> compact(const ReadTx& from, Disk& disk, const std::string& path);

}  // namespace argosy::etcd::bolt
