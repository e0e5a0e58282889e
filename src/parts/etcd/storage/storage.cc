#include "parts/etcd/storage/storage.h"

#include "base/check.h"
#include "parts/etcd/storage/memory_storage.h"

namespace argosy::etcd {

BytesView bucket_name(Bucket bucket) {
  switch (bucket) {
    case Bucket::kKey:
      return "key";
    case Bucket::kMeta:
      return "meta";
    case Bucket::kLease:
      return "lease";
    case Bucket::kAlarm:
      return "alarm";
    case Bucket::kAuth:
      return "auth";
    case Bucket::kAuthUsers:
      return "authUsers";
    case Bucket::kAuthRoles:
      return "authRoles";
    case Bucket::kCluster:
      return "cluster";
    case Bucket::kMembers:
      return "members";
    case Bucket::kMembersRemoved:
      return "members_removed";
  }
  unreachable("no such bucket");
}

void MemoryStorage::put(Bucket bucket, Bytes key, Bytes value) {
  of(bucket).insert_or_assign(std::move(key), std::move(value));
}

void MemoryStorage::erase(Bucket bucket, BytesView key) {
  Map& map = of(bucket);
  if (const auto it = map.find(key); it != map.end()) map.erase(it);
}

std::optional<BytesView> MemoryStorage::get(Bucket bucket, BytesView key) {
  Map& map = of(bucket);
  const auto it = map.find(key);
  if (it == map.end()) return std::nullopt;
  return it->second;
}

void MemoryStorage::scan(Bucket bucket, BytesView from, BytesView to, const Visitor& visit) {
  Map& map = of(bucket);
  for (auto it = map.lower_bound(from); it != map.end(); ++it) {
    if (!to.empty() && BytesView(it->first) >= to) return;
    if (!visit(it->first, it->second)) return;
  }
}

}  // namespace argosy::etcd
