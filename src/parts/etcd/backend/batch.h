// Writes that are not in the file yet, by bucket, as a layer over it. One thread
// writes; once nobody does, several may read.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "parts/etcd/storage/storage.h"

namespace argosy::etcd::backend {

// What a layer says of a key. Views are good until the next write to the layer.
struct Change {
  BytesView key;
  BytesView value;
  bool is_erased = false;
};

// The changes of one bucket. Keys that come in increasing order, as revisions do, are
// only appended; the others go to a map. A key is in one of the two, not both.
class BatchBucket {
 public:
  void put(Bytes key, Bytes value) { write(std::move(key), {std::move(value), false}); }
  void erase(BytesView key) { write(Bytes(key), {Bytes(), true}); }
  std::optional<Change> find(BytesView key) const;
  bool is_empty() const { return appended_.empty() && others_.empty(); }

 private:
  friend class BatchCursor;

  struct Slot {
    Bytes value;
    bool is_erased = false;
  };
  struct Appended {
    Bytes key;
    Slot slot;
  };
  using Others = std::map<Bytes, Slot, std::less<>>;

  void write(Bytes key, Slot slot);
  std::vector<Appended>::const_iterator lower_bound(BytesView key) const;

  std::vector<Appended> appended_;
  Others others_;
};

// The changes of a bucket from a key on, in order.
class BatchCursor {
 public:
  BatchCursor(const BatchBucket& bucket, BytesView from);

  // Empty at the end.
  std::optional<Change> change() const;
  void next();

 private:
  bool is_at_appended() const;

  const BatchBucket* bucket_;
  std::vector<BatchBucket::Appended>::const_iterator appended_;
  BatchBucket::Others::const_iterator other_;
};

class Batch {
 public:
  BatchBucket& of(Bucket bucket) { return buckets_[static_cast<size_t>(bucket)]; }
  const BatchBucket& of(Bucket bucket) const { return buckets_[static_cast<size_t>(bucket)]; }

  // Puts and erases so far, counted by who makes them.
  void count_operation() { ++operations_; }
  size_t operations() const { return operations_; }

 private:
  std::array<BatchBucket, kBucketCount> buckets_;
  size_t operations_ = 0;
};

}  // namespace argosy::etcd::backend
