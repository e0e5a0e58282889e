#include "parts/etcd/mvcc/store.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"
#include "parts/etcd/mvcc/errors.h"
#include "parts/etcd/mvcc/key_value.h"
#include "parts/etcd/mvcc/meta_keys.h"

namespace argosy::etcd::mvcc {
namespace {

int64_t stored_main(Storage& storage, BytesView key, int64_t otherwise) {
  const auto value = storage.get(Bucket::kMeta, key);
  if (!value) return otherwise;
  const auto stored = parse_revision_key(*value);
  check(stored.has_value(), "a stored compact revision is damaged");
  return stored->revision.main;
}

// Whether the entry may stand at its key.
bool fits(const StoredRevision& stored, const KeyValueView& kv) {
  if (kv.key.empty()) return false;
  if (stored.is_tombstone) return true;
  return kv.mod_revision == stored.revision.main && kv.create_revision > 0 &&
         kv.create_revision <= kv.mod_revision && kv.version > 0;
}

}  // namespace

Store::Store(Storage& storage, LeaseItems& leases) : storage_(storage), leases_(leases) {
  restore();
}

void Store::restore() {
  index_.clear();
  plans_.clear();
  compaction_position_.clear();
  damage_.reset();
  revision_ = 1;
  finished_compact_revision_ = stored_main(storage_, kFinishedCompactRevision, kNeverCompacted);
  compact_revision_ = finished_compact_revision_;
  load_keys();
  resume_compaction();
}

// The newest revisions may all have been compacted away, so the compact revisions
// count as well: the store's revision must never go back.
void Store::resume_compaction() {
  const int64_t scheduled = stored_main(storage_, kScheduledCompactRevision, kNeverCompacted);
  revision_ = std::max({revision_, compact_revision_, scheduled});
  if (scheduled > finished_compact_revision_) {
    compact_revision_ = scheduled;
    plans_.push_back(scheduled);
  }
}

void Store::load_keys() {
  std::unordered_map<Bytes, int64_t> lease_of_key;
  storage_.scan(Bucket::kKey, first_key_of(1), {}, [&](BytesView key, BytesView value) {
    const auto stored = parse_revision_key(key);
    const auto kv = decode_key_value(value);
    if (!stored || !kv || !fits(*stored, *kv)) {
      damage_.emplace(Code::kDataLoss,
                      format("bucket key: the entry of key {} is damaged", to_hex(key)));
      return false;
    }
    load(*stored, *kv);
    const int64_t lease = stored->is_tombstone ? 0 : kv->lease;
    if (lease != 0) {
      lease_of_key.insert_or_assign(Bytes(kv->key), lease);
    } else if (!lease_of_key.empty()) {
      lease_of_key.erase(Bytes(kv->key));
    }
    return true;
  });
  for (const auto& [key, lease] : lease_of_key) leases_.attach(lease, key);
}

// A tombstone without a put before it is what a compaction had no time to remove.
void Store::load(const StoredRevision& stored, const KeyValueView& kv) {
  revision_ = stored.revision.main;
  if (!stored.is_tombstone) {
    index_.restore(kv.key, {stored.revision, kv.create_revision, kv.version});
    return;
  }
  const KeyHistory* history = index_.find(kv.key);
  if (history != nullptr && history->is_live()) index_.bury(kv.key, stored.revision);
}

std::optional<Revision> Store::find(BytesView key, int64_t revision) const {
  const KeyHistory* history = index_.find(key);
  return history != nullptr ? history->at(revision) : std::nullopt;
}

std::optional<LivePut> Store::find_live(BytesView key) const {
  const KeyHistory* history = index_.find(key);
  return history != nullptr ? history->live() : std::nullopt;
}

BytesView Store::value_at(Revision revision) const {
  const auto value = storage_.get(Bucket::kKey, revision_key(revision));
  check(value.has_value(), "the index has a revision that the storage does not");
  return *value;
}

std::optional<BytesView> Store::value_before(BytesView key, int64_t revision) const {
  if (revision - 1 < compact_revision_) return std::nullopt;
  const auto found = find(key, revision - 1);
  if (!found) return std::nullopt;
  return value_at(*found);
}

}  // namespace argosy::etcd::mvcc
