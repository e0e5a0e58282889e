#include "parts/etcd/mvcc/consistent_index.h"

#include "base/check.h"

namespace argosy::etcd::mvcc {
namespace {

constexpr BytesView kConsistentIndexKey = "consistent_index";

}  // namespace

void set_consistent_index(Storage& storage, uint64_t index) {
  Bytes value;
  append_be64(value, index);
  storage.put(Bucket::kMeta, Bytes(kConsistentIndexKey), std::move(value));
}

uint64_t consistent_index(Storage& storage) {
  const auto value = storage.get(Bucket::kMeta, kConsistentIndexKey);
  if (!value) return 0;
  check(value->size() == sizeof(uint64_t), "the stored consistent index is damaged");
  return load_be64(value->data());
}

}  // namespace argosy::etcd::mvcc
