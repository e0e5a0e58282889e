#include "parts/etcd/backend/db_hash.h"

#include "base/crc32c.h"
#include "parts/etcd/storage/storage.h"

namespace argosy::etcd::backend {
namespace {

// What a member's own history decides: how far it applied, and what its file's layout
// is called.
bool differs_by_member(BytesView bucket, BytesView key) {
  return bucket == bucket_name(Bucket::kMeta) &&
         (key == "consistent_index" || key == "term" || key == "storageVersion");
}

}  // namespace

Result<uint32_t> hash(const bolt::ReadTx& tx, HashedKeys keys) {
  uint32_t sum = 0;
  bolt::Cursor names = TRY(tx.buckets());
  for (auto name = TRY(names.first()); name; name = TRY(names.next())) {
    const auto bucket = TRY(tx.bucket(name->key));
    if (!bucket) continue;
    sum = crc32c(sum, name->key);
    bolt::Cursor cursor = bucket->cursor();
    for (auto item = TRY(cursor.first()); item; item = TRY(cursor.next())) {
      if (keys == HashedKeys::kSameOnAllMembers && differs_by_member(name->key, item->key)) {
        continue;
      }
      sum = crc32c(crc32c(sum, item->key), item->value);
    }
  }
  return sum;
}

}  // namespace argosy::etcd::backend
