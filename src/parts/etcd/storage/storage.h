// The ordered buckets in which a member keeps its applied state, as an interface:
// parts/etcd/backend implements it on the page file, MemoryStorage for tests.
// One thread (the one that applies) calls everything here.
//
// Writes gather in a batch that the implementation commits by itself, in order and
// all or nothing, some time later; reads see them at once. So after a crash the
// buckets are as they were after some prefix of batches, and never between.
// Whoever needs two writes to survive together makes them without letting the
// applying thread go in between, which is when a batch may end.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/bytes.h"

namespace argosy::etcd {

// The original's buckets; bucket_name() is what the file calls them.
enum class Bucket : uint8_t {
  kKey,
  kMeta,
  kLease,
  kAlarm,
  kAuth,
  kAuthUsers,
  kAuthRoles,
  kCluster,
  kMembers,
  kMembersRemoved,
};
inline constexpr size_t kBucketCount = 10;
BytesView bucket_name(Bucket bucket);

class Storage {
 public:
  virtual ~Storage() = default;

  virtual void put(Bucket bucket, Bytes key, Bytes value) = 0;
  // Missing is no error.
  virtual void erase(Bucket bucket, BytesView key) = 0;

  // The view is good until the next put or erase, or until the caller lets its
  // thread go, whichever comes first.
  virtual std::optional<BytesView> get(Bucket bucket, BytesView key) = 0;

  // Keys in [from, to) in order of bytes; an empty `to` has no end. Stops when the
  // visitor returns false. The visitor must not write.
  using Visitor = std::function<bool(BytesView key, BytesView value)>;
  virtual void scan(Bucket bucket, BytesView from, BytesView to, const Visitor& visit) = 0;
};

}  // namespace argosy::etcd
