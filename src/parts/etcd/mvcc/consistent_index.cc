#include "parts/etcd/mvcc/consistent_index.h"

#include "base/check.h"
#include "parts/etcd/mvcc/meta_keys.h"

namespace argosy::etcd::mvcc {

void set_consistent_index(Storage& storage, uint64_t index) {
  Bytes value;
  append_be64(value, index);
  storage.put(Bucket::kMeta, Bytes(kConsistentIndex), std::move(value));
}

uint64_t consistent_index(Storage& storage) {
  const auto value = storage.get(Bucket::kMeta, kConsistentIndex);
  if (!value) return 0;
  check(value->size() == sizeof(uint64_t), "the stored consistent index is damaged");
  return load_be64(value->data());
}

}  // namespace argosy::etcd::mvcc
