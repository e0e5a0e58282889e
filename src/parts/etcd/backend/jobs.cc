#include "parts/etcd/backend/jobs.h"

namespace argosy::etcd::backend {
namespace {

Result<void> write_bucket(bolt::WriteTx& tx, Bucket bucket, const BatchBucket& changes) {
  const auto to = TRY(tx.bucket(bucket_name(bucket)));
  if (bucket == Bucket::kKey) tx.set_sequential(to);
  BatchCursor cursor(changes, {});
  for (auto change = cursor.change(); change; cursor.next(), change = cursor.change()) {
    if (change->is_erased) {
      TRY(tx.erase(to, change->key));
    } else {
      TRY(tx.put(to, change->key, change->value));
    }
  }
  return {};
}

}  // namespace

Result<void> write_batch(bolt::Db& db, const Batch& batch) {
  if (batch.operations() == 0) return {};
  auto tx = TRY(db.begin_write());
  for (size_t i = 0; i < kBucketCount; ++i) {
    const auto bucket = static_cast<Bucket>(i);
    if (!batch.of(bucket).is_empty()) TRY(write_bucket(tx, bucket, batch.of(bucket)));
  }
  return std::move(tx).commit();
}

std::string defragment_path(const std::string& path) {
  return path + ".tmp.defragment";
}

Defragmented defragment(Disk& disk, const bolt::Db& db, const bolt::Options& options) {
  const std::string& path = db.path();
  const std::string temporary = defragment_path(path);
  Defragmented out;
  out.result = bolt::compact(db.begin_read(), disk, temporary);
  if (!out.result) {
    // The error that matters is the one above; the next defragmentation replaces it.
    (void)disk.remove(temporary);
    return out;
  }
  out.is_replaced = true;
  out.result = disk.rename(temporary, path);
  if (out.result) out.result = disk.sync_directory(parent_path(path));
  if (!out.result) return out;
  auto opened = bolt::Db::open(disk, path, options);
  if (opened) {
    out.db = std::move(*opened);
  } else {
    out.result = fail(std::move(opened).error());
  }
  return out;
}

}  // namespace argosy::etcd::backend
