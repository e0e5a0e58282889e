#include "parts/etcd/bolt/write_tx.h"

#include "parts/etcd/bolt/writer.h"

namespace argosy::etcd::bolt {

WriteTx::WriteTx(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}
WriteTx::~WriteTx() = default;
WriteTx::WriteTx(WriteTx&&) noexcept = default;
WriteTx& WriteTx::operator=(WriteTx&&) noexcept = default;

Result<WriteTx::Bucket> WriteTx::bucket(BytesView name, bool create_if_missing) {
  return Bucket(TRY(writer_->bucket(name, create_if_missing)));
}
Result<void> WriteTx::erase_bucket(BytesView name) {
  return writer_->erase_bucket(name);
}
Result<void> WriteTx::put(Bucket bucket, BytesView key, BytesView value) {
  return writer_->put(bucket.index(), key, value);
}
Result<void> WriteTx::erase(Bucket bucket, BytesView key) {
  return writer_->erase(bucket.index(), key);
}
Result<std::optional<BytesView>> WriteTx::get(Bucket bucket, BytesView key) const {
  return writer_->get(bucket.index(), key);
}
Result<Cursor> WriteTx::cursor(Bucket bucket) const {
  return writer_->cursor(bucket.index());
}
void WriteTx::set_sequential(Bucket bucket) {
  writer_->set_sequential(bucket.index());
}
void WriteTx::set_sequence(Bucket bucket, uint64_t sequence) {
  writer_->set_sequence(bucket.index(), sequence);
}
uint64_t WriteTx::id() const {
  return writer_->id();
}

Result<void> WriteTx::commit() && {
  const auto writer = std::move(writer_);
  return writer->commit();
}
void WriteTx::rollback() && {
  writer_.reset();
}

}  // namespace argosy::etcd::bolt
