// What a read sees: the open batch over the sealed one over the committed snapshot.
#pragma once

#include <array>
#include <optional>

#include "base/result.h"
#include "parts/etcd/backend/batch.h"
#include "parts/etcd/bolt/read_tx.h"

namespace argosy::etcd::backend {

// A committed snapshot with its buckets looked up once.
class Committed {
 public:
  static Result<Committed> of(bolt::ReadTx tx);

  const bolt::ReadTx& tx() const { return tx_; }
  const std::optional<bolt::BucketView>& bucket(Bucket bucket) const {
    return buckets_[static_cast<size_t>(bucket)];
  }

 private:
  explicit Committed(bolt::ReadTx tx) : tx_(std::move(tx)) {}

  bolt::ReadTx tx_;
  std::array<std::optional<bolt::BucketView>, kBucketCount> buckets_;
};

struct Layers {
  const Batch& open;
  const Batch& sealed;
  const Committed& committed;

  Result<std::optional<BytesView>> get(Bucket bucket, BytesView key) const;
  Result<void> scan(Bucket bucket, BytesView from, BytesView to,
                    const Storage::Visitor& visit) const;
};

}  // namespace argosy::etcd::backend
