// What a Db, its snapshots and its writer share: the open file, the newest committed
// state and who still reads which.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "parts/etcd/bolt/db.h"
#include "parts/etcd/bolt/free_list.h"
#include "parts/etcd/bolt/page_source.h"
#include "sys/file/disk.h"

namespace argosy::etcd::bolt {

// The newest state; a copy of it is what a snapshot or a writer starts from.
struct Committed {
  Meta meta;
  std::shared_ptr<const Mapping> mapping;  // shared with the snapshots that read through it
};

class Core {
 public:
  Core(std::unique_ptr<File> file, const Options& options);

  // Constant after construction, or made for several threads.
  const std::unique_ptr<File> file;  // written by the writer only
  const Options options;
  CheckedPages checked;

  // -- The writer's, handed over by begin_write and publish.
  FreeList free_list;
  uint64_t file_size = 0;

  // Before any thread but this one knows it.
  Result<void> start(const Meta& meta);
  void set_free(const std::vector<PageSpan>& spans);

  // -- Any thread.
  Committed committed() const;
  Committed begin_read();
  void end_read(TxId tx);
  Stats stats() const;

  // Takes the writer's place, and frees what no snapshot sees any more.
  Result<Committed> begin_write();
  void end_write();
  // A commit failed: no more writes.
  void poison(Error error);
  // The committed state becomes the newest; the pages freed wait for older snapshots.
  Result<void> publish(const Meta& meta, std::vector<PageSpan> freed);

 private:
  Result<std::shared_ptr<const Mapping>> map_at_least(uint64_t size);
  void count_pages();

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Committed committed_;
  std::map<TxId, uint64_t> readers_;
  Stats stats_;
  bool has_writer_ = false;
  std::optional<Error> failure_;
};

// A registered reader. Made by Db, shared by copies of a ReadTx.
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<Core> core);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  const Meta& meta() const { return committed_.meta; }
  const PageSource& pages() const { return pages_; }

 private:
  std::shared_ptr<Core> core_;  // keeps the file open beyond the Db
  Committed committed_;
  PageSource pages_;
};

}  // namespace argosy::etcd::bolt
