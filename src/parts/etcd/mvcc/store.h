// The multi-version key-value store: an index of all keys in memory, their values
// in a Storage, one revision for each write request. Behaves as etcd 3.4.23 does.
//
// Everything runs on the applying thread. Work that grows with the store is done in
// slices that the owner paces: ranges (range.h), compaction (compact_step) and the
// keep set of a hash (hash_kv.h). A write goes through WriteTxn (write_txn.h).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "parts/etcd/mvcc/key_index.h"
#include "parts/etcd/mvcc/key_value.h"
#include "parts/etcd/mvcc/lease_items.h"
#include "parts/etcd/mvcc/revision.h"
#include "parts/etcd/storage/storage.h"

namespace argosy::etcd::mvcc {

// What a store that was never compacted answers as its compact revision.
inline constexpr int64_t kNeverCompacted = -1;
inline constexpr size_t kCompactionBatch = 1000;

class Store {
 public:
  // Reads the storage: one scan over Bucket::kKey. `leases` must have its leases
  // already; the keys found are attached. Both must outlive the store.
  Store(Storage& storage, LeaseItems& leases);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Forgets all and reads the storage again, which has been replaced by a snapshot.
  // Open range cursors and hash plans become invalid.
  void restore();
  // What the storage held that no store writes, as of the last restore; the store is
  // not to be used then.
  const std::optional<Error>& damage() const { return damage_; }

  // The newest revision; 1 in an empty store.
  int64_t revision() const { return revision_; }
  // Reads below it fail; kNeverCompacted at first.
  int64_t compact_revision() const { return compact_revision_; }
  // Keys that exist now.
  size_t key_count() const { return index_.live_count(); }

  // -- Compaction. compact() is at once what readers see and remembers the plan in
  // Bucket::kMeta; the owner then calls compact_step() until it says kIdle, with
  // pauses if it likes. Several plans queue up.

  // Fails with compacted_error() or future_revision_error().
  Result<void> compact(int64_t revision);
  enum class Compaction { kIdle, kMore };
  // Looks at up to `max_revisions` stored revisions and removes those that nobody
  // can read. A plan that the last run left unfinished is resumed after restore.
  Compaction compact_step(size_t max_revisions = kCompactionBatch);
  // A plan waits or runs. After compact(r) succeeded, the work for it is done as
  // soon as finished_compact_revision() >= r.
  bool is_compacting() const { return !plans_.empty(); }
  int64_t finished_compact_revision() const { return finished_compact_revision_; }

  // -- For the other files of this folder and for tests.

  // The key's put that a read at this main revision sees. The revision is not below
  // the compact revision.
  std::optional<Revision> find(BytesView key, int64_t revision) const;
  std::optional<LivePut> find_live(BytesView key) const;
  // The stored KeyValue of a revision that the index knows. Good until the storage's
  // next change.
  BytesView value_at(Revision revision) const;
  // The key's KeyValue just before a main revision; empty if there was none or it is
  // compacted.
  std::optional<BytesView> value_before(BytesView key, int64_t revision) const;
  const KeyIndex& index() const { return index_; }
  Storage& storage() const { return storage_; }
  LeaseItems& leases() const { return leases_; }

 private:
  friend class WriteTxn;

  void load_keys();
  void load(const StoredRevision& stored, const KeyValueView& kv);
  void resume_compaction();
  // Whether readers at `plan` still see the stored revision.
  bool compact_revision_of(BytesView stored_key, BytesView value, int64_t plan);
  void finish_plan(int64_t plan);

  Storage& storage_;
  LeaseItems& leases_;
  KeyIndex index_;
  int64_t revision_ = 1;
  int64_t compact_revision_ = kNeverCompacted;
  int64_t finished_compact_revision_ = kNeverCompacted;
  std::deque<int64_t> plans_;  // scheduled compactions, the running one first
  Bytes compaction_position_;  // storage key where the next slice begins
  bool is_writing_ = false;
  std::optional<Error> damage_;
};

}  // namespace argosy::etcd::mvcc
