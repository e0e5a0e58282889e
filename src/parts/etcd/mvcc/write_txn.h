// One write to the store: everything between construction and end() becomes one
// main revision, its changes the sub revisions in order. Reads inside see the
// changes made so far. Nothing else may write to the store meanwhile, nor may the
// applying thread be let go, so that the storage takes the whole of it or nothing.
#pragma once

#include <vector>

#include "parts/etcd/mvcc/requests.h"
#include "parts/etcd/mvcc/store.h"

namespace argosy::etcd::mvcc {

struct Change {
  Bytes key;
  bool is_delete = false;
};

// What a write did, for the watch hub. revision 0: nothing.
struct Changes {
  int64_t revision = 0;
  std::vector<Change> list;  // list[i] has sub revision i

  bool empty() const { return list.empty(); }
};

class WriteTxn {
 public:
  explicit WriteTxn(Store& store);
  // end() must have been called if there were changes.
  ~WriteTxn();
  WriteTxn(const WriteTxn&) = delete;
  WriteTxn& operator=(const WriteTxn&) = delete;

  // No check of the lease or of anything else: apply.h has the rules of requests.
  void put(BytesView key, BytesView value, int64_t lease);
  // How many keys it deleted. range_end as in requests.h.
  int64_t delete_range(BytesView key, BytesView range_end);

  // The revision that a read in here sees: one above the store's as soon as there
  // is a change.
  int64_t revision() const { return store_.revision_ + (changes_.empty() ? 0 : 1); }
  Store& store() const { return store_; }

  // Makes it the store's revision. The txn is over.
  Changes end();

 private:
  void erase(BytesView key);
  Revision next_revision() const;

  Store& store_;
  std::vector<Change> changes_;
  bool ended_ = false;
};

}  // namespace argosy::etcd::mvcc
