#include "parts/etcd/mvcc/write_txn.h"

#include "base/check.h"
#include "parts/etcd/mvcc/key_range.h"

namespace argosy::etcd::mvcc {

WriteTxn::WriteTxn(Store& store) : store_(store) {
  check(!store.is_writing_, "one write at a time");
  store.is_writing_ = true;
}

WriteTxn::~WriteTxn() {
  check(ended_ || changes_.empty(), "a write was dropped half done");
  if (!ended_) store_.is_writing_ = false;
}

Revision WriteTxn::next_revision() const {
  return {store_.revision_ + 1, static_cast<int64_t>(changes_.size())};
}

void WriteTxn::put(BytesView key, BytesView value, int64_t lease) {
  check(!ended_);
  const Revision revision = next_revision();
  const auto before = store_.find_live(key);
  const int64_t old_lease = before ? store_.leases_.lease_of(key) : 0;
  const KeyValueView kv{
      .key = key,
      .create_revision = before ? before->create_revision : revision.main,
      .mod_revision = revision.main,
      .version = before ? before->version + 1 : 1,
      .value = value,
      .lease = lease,
  };
  store_.storage_.put(Bucket::kKey, revision_key(revision), encode(kv));
  store_.index_.put(key, revision);
  changes_.push_back({Bytes(key), false});
  if (old_lease != 0) store_.leases_.detach(old_lease, key);
  if (lease != 0) store_.leases_.attach(lease, key);
}

int64_t WriteTxn::delete_range(BytesView key, BytesView range_end) {
  check(!ended_);
  const KeyRange range = KeyRange::of(key, range_end);
  if (range.is_single) {
    if (!store_.find_live(key)) return 0;
    erase(key);
    return 1;
  }
  std::vector<Bytes> doomed;
  store_.index_.visit(range.key, range.end, [&](BytesView found, const KeyHistory& history) {
    if (history.is_live()) doomed.emplace_back(found);
    return true;
  });
  for (const Bytes& found : doomed) erase(found);
  return static_cast<int64_t>(doomed.size());
}

void WriteTxn::erase(BytesView key) {
  const Revision revision = next_revision();
  store_.storage_.put(Bucket::kKey, tombstone_key(revision), encode({.key = key}));
  store_.index_.bury(key, revision);
  changes_.push_back({Bytes(key), true});
  if (const int64_t lease = store_.leases_.lease_of(key); lease != 0) {
    store_.leases_.detach(lease, key);
  }
}

Changes WriteTxn::end() {
  check(!ended_);
  ended_ = true;
  store_.is_writing_ = false;
  if (changes_.empty()) return {};
  store_.revision_++;
  return {store_.revision_, std::move(changes_)};
}

}  // namespace argosy::etcd::mvcc
