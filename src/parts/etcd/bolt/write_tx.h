// The one writer: changes to buckets, gathered in memory and committed together.
//
// Pages are never changed in place: commit writes copies of every page touched, up to
// the root, syncs, writes the meta page of the other parity, and syncs again. What a
// crash leaves is the state before or after, nothing else.
//
// One thread uses it. Dropping it without commit() rolls back. Keys and values given
// are copied; views got from it are good until the next put or erase, or its end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "parts/etcd/bolt/cursor.h"

namespace argosy::etcd::bolt {

class Writer;

class WriteTx {
 public:
  explicit WriteTx(std::unique_ptr<Writer> writer);
  ~WriteTx();
  WriteTx(WriteTx&&) noexcept;
  WriteTx& operator=(WriteTx&&) noexcept;

  // A bucket within this transaction.
  class Bucket {
   public:
    explicit Bucket(size_t index) : index_(index) {}
    size_t index() const { return index_; }

   private:
    size_t index_;
  };

  // NotFound "bucket not found" unless it is to be created.
  Result<Bucket> bucket(BytesView name, bool create_if_missing = true);
  // NotFound when it is missing; nested buckets inside go with it.
  Result<void> erase_bucket(BytesView name);

  // Keys have 1 to 32768 bytes ("key required", "key too large"), values less than 2 GiB
  // ("value too large"); a key that names a nested bucket gives "incompatible value".
  // Keys in increasing order are much the cheapest.
  Result<void> put(Bucket bucket, BytesView key, BytesView value);
  // Missing is no error.
  Result<void> erase(Bucket bucket, BytesView key);
  Result<std::optional<BytesView>> get(Bucket bucket, BytesView key) const;
  // Invalid after the next put or erase.
  Result<Cursor> cursor(Bucket bucket) const;
  // Pages that split are filled to 90 %, not 50 %, because keys come in order.
  void set_sequential(Bucket bucket);
  void set_sequence(Bucket bucket, uint64_t sequence);

  uint64_t id() const;

  // Durable when it returns without an error. After an error nobody knows what is on
  // disk: the Db takes no more writes and must be opened anew.
  Result<void> commit() &&;
  void rollback() &&;

 private:
  std::unique_ptr<Writer> writer_;
};

}  // namespace argosy::etcd::bolt
