// The work behind a WriteTx.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "parts/etcd/bolt/core.h"
#include "parts/etcd/bolt/tree.h"
#include "parts/etcd/bolt/workspace.h"

namespace argosy::etcd::bolt {

class Writer {
 public:
  // `base` came from core->begin_write(), which this ends.
  Writer(std::shared_ptr<Core> core, Committed base);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  Result<size_t> bucket(BytesView name, bool create_if_missing);
  Result<void> erase_bucket(BytesView name);
  Result<void> put(size_t bucket, BytesView key, BytesView value);
  Result<void> erase(size_t bucket, BytesView key);
  Result<std::optional<BytesView>> get(size_t bucket, BytesView key);
  Result<Cursor> cursor(size_t bucket);
  void set_sequential(size_t bucket);
  void set_sequence(size_t bucket, uint64_t sequence);
  TxId id() const { return meta_.tx; }

  Result<void> commit();

 private:
  struct OpenBucket {
    BytesView name;
    Tree tree;
    uint64_t sequence = 0;
    bool is_new = false;
    bool has_changed = false;
    bool is_sequential = false;
    bool is_erased = false;
  };

  OpenBucket& at(size_t bucket);
  Result<Tree> open_tree(BytesView value);
  Result<void> store_bucket(OpenBucket& bucket);
  Result<void> build();
  Result<void> grow_file();
  Result<void> write_meta();
  Result<void> write_all();

  std::shared_ptr<Core> core_;  // shared with the Db and its snapshots
  Committed base_;              // its mapping holds what nodes borrow
  Meta meta_;
  Workspace workspace_;
  Tree root_;
  std::deque<OpenBucket> buckets_;
  std::map<BytesView, size_t> by_name_;
};

}  // namespace argosy::etcd::bolt
