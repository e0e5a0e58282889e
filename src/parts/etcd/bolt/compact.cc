#include "base/format.h"
#include "parts/etcd/bolt/db.h"

namespace argosy::etcd::bolt {
namespace {

constexpr size_t kKeysInTransaction = 10000;

// Copies into one transaction after another.
class Copier {
 public:
  explicit Copier(Db& to) : to_(to) {}

  Result<void> bucket(BytesView name, const BucketView& from) {
    name_ = name;
    TRY(open_bucket());
    tx_->set_sequence(*bucket_, from.sequence());
    Cursor cursor = from.cursor();
    for (auto item = TRY(cursor.first()); item; item = TRY(cursor.next())) {
      if (item->is_bucket) {
        return fail(Code::kUnimplemented,
                    format("bucket {:?} has nested buckets", std::string(name)));
      }
      if (keys_ == kKeysInTransaction) {
        TRY(commit());
        TRY(open_bucket());
      }
      TRY(tx_->put(*bucket_, item->key, item->value));
      ++keys_;
    }
    return {};
  }

  Result<void> commit() {
    keys_ = 0;
    if (!tx_) return {};
    auto tx = std::move(*tx_);
    tx_.reset();
    return std::move(tx).commit();
  }

 private:
  Result<void> open_bucket() {
    if (!tx_) tx_ = TRY(to_.begin_write());
    bucket_ = TRY(tx_->bucket(name_));
    tx_->set_sequential(*bucket_);
    return {};
  }

  Db& to_;
  std::optional<WriteTx> tx_;
  std::optional<WriteTx::Bucket> bucket_;
  BytesView name_;
  size_t keys_ = 0;
};

}  // namespace

Result<void> compact(const ReadTx& from, Disk& disk, const std::string& path) {
  TRY(remove_all(disk, path));
  auto db = TRY(Db::open(disk, path, {.page_size = from.page_size(), .sync = false}));
  Copier copier(*db);
  Cursor names = TRY(from.buckets());
  for (auto item = TRY(names.first()); item; item = TRY(names.next())) {
    const auto bucket = TRY(from.bucket(item->key));
    if (bucket) TRY(copier.bucket(item->key, *bucket));
  }
  TRY(copier.commit());
  return db->sync();
}

}  // namespace argosy::etcd::bolt
