// HashKV: CRC-32C over all revisions up to one, leaving out what a compaction has
// removed or will remove, so that members at different points of the same
// compaction agree.
//
//   HashPlan::open()  on the applying thread, when the owner takes its snapshot
//   plan.step()       there, in slices: which old revisions count
//   KvHasher          anywhere, over the snapshot's Bucket::kKey in order
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "parts/etcd/mvcc/store.h"

namespace argosy::etcd::mvcc {

// The finished plan: plain data that may go to another thread.
struct HashScope {
  int64_t revision = 0;          // hashed up to here
  int64_t compact_revision = 0;  // as answered to the client
  int64_t current_revision = 0;
  // Some key exists at `revision`; if none does, nothing is left out.
  bool is_any_kept = false;
  std::vector<Revision> kept;  // of those <= compact_revision, in any order
};

class HashPlan {
 public:
  // revision <= 0: the current one. Fails with compacted_error() also when it is
  // equal to the compact revision, or with future_revision_error().
  static Result<HashPlan> open(const Store& store, int64_t revision);
  // Visits up to `max_keys` keys; true when done. Fails with compacted_error() when
  // a compaction has passed the revision meanwhile.
  Result<bool> step(size_t max_keys = 5000);
  HashScope take() { return std::move(scope_); }

 private:
  HashPlan(const Store& store, HashScope scope) : store_(&store), scope_(std::move(scope)) {}

  const Store* store_;
  HashScope scope_;
  Bytes position_;
};

class KvHasher {
 public:
  explicit KvHasher(HashScope scope);
  // One pair of Bucket::kKey; pairs come in order of keys.
  void add(BytesView key, BytesView value);
  uint32_t hash() const { return crc_; }

 private:
  HashScope scope_;
  size_t next_kept_ = 0;
  uint32_t crc_;
};

}  // namespace argosy::etcd::mvcc
