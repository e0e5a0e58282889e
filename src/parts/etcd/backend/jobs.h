// What the backend's thread does, as functions without the thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "parts/etcd/backend/batch.h"
#include "parts/etcd/bolt/db.h"
#include "sys/file/disk.h"

namespace argosy::etcd::backend {

// The batch as one transaction, durable when it returns.
Result<void> write_batch(bolt::Db& db, const Batch& batch);

// Where a defragmentation writes the new file until it takes the old one's place.
std::string defragment_path(const std::string& path);

struct Defragmented {
  Result<void> result;
  // The new file took the old one's place, or may have; if it could not be opened, there
  // is none.
  bool is_replaced = false;
  std::unique_ptr<bolt::Db> db;
};
// Rewrites the newest committed state to a new file and renames it over the old one;
// `options` are for opening it.
Defragmented defragment(Disk& disk, const bolt::Db& db, const bolt::Options& options);

}  // namespace argosy::etcd::backend
