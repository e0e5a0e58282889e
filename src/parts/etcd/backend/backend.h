// The member's Storage on the page file. Writes gather in a batch in memory; now and
// then the owner seals it, and a thread of the backend's commits it as one
// transaction while the next batch gathers. Reads look at the open batch, then at the
// sealed one in flight, then at a snapshot of the last commit.
//
// One thread, the owner's, calls everything here; `done` callbacks run on the
// backend's thread and only pass the news on. At most one job (a commit or a
// defragmentation) is in flight. The owner's part:
//
//   each turn:      if (wants_commit(now)) seal_and_commit(post finish_commit to my loop)
//   before a write: if (is_saturated()) hold the write back
//   on done:        finish_commit(); an error is fatal to the member
//
// A commit that failed (I/O error, full disk, failed fsync) is never tried again:
// nobody knows what is on disk. failure() keeps the first error, of reads too; the
// member stops. The file's format: docs/formats/bolt.md; bounds of batches: the
// original's 100 ms and 10000 operations.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "parts/etcd/backend/db_snapshot.h"
#include "parts/etcd/bolt/db.h"
#include "parts/etcd/storage/storage.h"
#include "sys/clock/clock.h"
#include "sys/file/disk.h"

namespace argosy::etcd::backend {

struct Options {
  Duration batch_interval = milliseconds(100);
  size_t batch_limit = 10000;  // puts and erases
  uint64_t initial_map_size = 10ULL << 30;
  Duration lock_timeout{0};
};

class Backend final : public Storage {
 public:
  using Done = std::function<void()>;

  static Result<std::unique_ptr<Backend>> open(Disk& disk, const Clock& clock,
                                               const std::string& path, const Options& options);
  // Waits for a job in flight; the open batch is lost, as in a crash.
  ~Backend() override;

  // -- Storage. A read of a damaged page gives nothing and sets failure().
  void put(Bucket bucket, Bytes key, Bytes value) override;
  void erase(Bucket bucket, BytesView key) override;
  std::optional<BytesView> get(Bucket bucket, BytesView key) override;
  void scan(Bucket bucket, BytesView from, BytesView to, const Visitor& visit) override;

  // -- Commits.
  // The open batch is old or full enough, and no job is in flight.
  bool wants_commit(MonotonicTime now) const;
  // When the open batch will be old enough; empty when it is empty.
  std::optional<MonotonicTime> commit_due() const;
  // No job may be in flight. An empty batch is done at once, on the backend's thread too.
  void seal_and_commit(Done done);
  // Takes over what a finished job left; nothing when none has finished. Its error is
  // failure() too, but for a defragmentation that failed before it replaced the file.
  Result<void> finish_commit();
  // Waits for the job in flight, then commits the open batch and waits for that. A
  // `done` that was promised still runs; its finish_commit() then finds nothing.
  Result<void> commit_now();
  bool is_busy() const;
  // The open batch is full while a job is in flight: writes must wait for it.
  bool is_saturated() const;
  size_t pending_operations() const;
  const std::optional<Error>& failure() const;

  // -- Snapshots, of the last commit that was finished: commit_now() before, if the
  // open batch must be in it. Usable on any thread, and longer than the backend.
  bolt::ReadTx committed() const;
  DbSnapshot open_snapshot() const { return DbSnapshot(committed()); }

  // -- The file as a whole.
  // Rewrites the committed state into a new file without holes, on the backend's
  // thread; reads go on, writes gather in the open batch. No job may be in flight;
  // finish_commit() after `done`.
  void defragment(Done done);
  Result<void> defragment_now();
  // Puts the file at `from` (same file system) in the place of this one and drops what
  // was not committed. Waits for a job in flight, and for the new file's check: one that
  // is damaged is refused and changes nothing. Later errors are failure() too.
  Result<void> replace_with(const std::string& from);

  // Bytes, as of the last finished commit: up to the high-water mark (what the original
  // reports as dbSize), and the same without free pages.
  uint64_t size() const;
  uint64_t size_in_use() const;
  const std::string& path() const;

 private:
  class Impl;
  explicit Backend(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace argosy::etcd::backend
