#include "parts/etcd/mvcc/revision.h"

namespace argosy::etcd::mvcc {
namespace {

constexpr size_t kSeparatorAt = 8;
constexpr size_t kSubAt = 9;
constexpr char kSeparator = '_';
constexpr char kTombstone = 't';

}  // namespace

Bytes revision_key(Revision revision) {
  Bytes key(kRevisionKeySize, kSeparator);
  store_be64(key.data(), static_cast<uint64_t>(revision.main));
  store_be64(key.data() + kSubAt, static_cast<uint64_t>(revision.sub));
  return key;
}

Bytes tombstone_key(Revision revision) {
  return revision_key(revision) + kTombstone;
}

std::optional<StoredRevision> parse_revision_key(BytesView key) {
  const bool is_tombstone = key.size() == kTombstoneKeySize && key.back() == kTombstone;
  if (key.size() != kRevisionKeySize && !is_tombstone) return std::nullopt;
  if (key[kSeparatorAt] != kSeparator) return std::nullopt;
  const auto main = static_cast<int64_t>(load_be64(key.data()));
  const auto sub = static_cast<int64_t>(load_be64(key.data() + kSubAt));
  return StoredRevision{{main, sub}, is_tombstone};
}

}  // namespace argosy::etcd::mvcc
