// A Storage in maps, for tests and models.
#pragma once

#include <array>
#include <map>

#include "parts/etcd/storage/storage.h"

namespace argosy::etcd {

class MemoryStorage final : public Storage {
 public:
  void put(Bucket bucket, Bytes key, Bytes value) override;
  void erase(Bucket bucket, BytesView key) override;
  std::optional<BytesView> get(Bucket bucket, BytesView key) override;
  void scan(Bucket bucket, BytesView from, BytesView to, const Visitor& visit) override;

 private:
  using Map = std::map<Bytes, Bytes, std::less<>>;
  Map& of(Bucket bucket) { return buckets_[static_cast<size_t>(bucket)]; }

  std::array<Map, kBucketCount> buckets_;
};

}  // namespace argosy::etcd
