#include "parts/etcd/mvcc/hash_kv.h"

#include <algorithm>

#include "base/check.h"
#include "base/crc32c.h"
#include "parts/etcd/mvcc/errors.h"

namespace argosy::etcd::mvcc {

Result<HashPlan> HashPlan::open(const Store& store, int64_t revision) {
  if (revision > 0 && revision <= store.compact_revision()) return fail(compacted_error());
  if (revision > store.revision()) return fail(future_revision_error());
  HashScope scope;
  scope.revision = revision > 0 ? revision : store.revision();
  scope.compact_revision = store.compact_revision();
  scope.current_revision = store.revision();
  return HashPlan(store, std::move(scope));
}

Result<bool> HashPlan::step(size_t max_keys) {
  if (store_->compact_revision() > scope_.revision) return fail(compacted_error());
  size_t visited = 0;
  bool was_cut = false;
  store_->index().visit(position_, {}, [&](BytesView key, const KeyHistory& history) {
    if (visited++ == max_keys) {
      position_ = Bytes(key);
      was_cut = true;
      return false;
    }
    const auto seen = history.at(scope_.revision);
    if (!seen) return true;
    scope_.is_any_kept = true;
    if (seen->main <= scope_.compact_revision) scope_.kept.push_back(*seen);
    return true;
  });
  return !was_cut;
}

KvHasher::KvHasher(HashScope scope)
    : scope_(std::move(scope)), crc_(crc32c(0, bucket_name(Bucket::kKey))) {
  std::ranges::sort(scope_.kept);
}

void KvHasher::add(BytesView key, BytesView value) {
  const auto stored = parse_revision_key(key);
  check(stored.has_value(), "a stored revision has a damaged key");
  const Revision revision = stored->revision;
  if (revision.main > scope_.revision) return;
  if (revision.main <= scope_.compact_revision && scope_.is_any_kept) {
    while (next_kept_ < scope_.kept.size() && scope_.kept[next_kept_] < revision) next_kept_++;
    if (next_kept_ == scope_.kept.size() || scope_.kept[next_kept_] != revision) return;
  }
  crc_ = crc32c(crc32c(crc_, key), value);
}

}  // namespace argosy::etcd::mvcc
