#include "parts/etcd/mvcc/event_batch.h"

#include "base/protowire.h"

namespace argosy::etcd::mvcc {

EventRecord EventRecord::of(const StoredRevision& stored, BytesView value) {
  const int64_t revision = stored.revision.main;
  if (!stored.is_tombstone) return {revision, false, Bytes(value)};
  return {revision, true, deleted_key_value(stored_key_value(value).key, revision)};
}

SharedEvents EventEncoder::encode(EventForm form, std::span<const size_t> events) {
  if (records_.size() != 1) return make(form, events);
  SharedEvents& known = single_[form.index()];
  if (!known) known = make(form, events);
  return known;
}

SharedEvents EventEncoder::make(EventForm form, std::span<const size_t> events) const {
  auto batch = std::make_shared<EventBatch>();
  for (const size_t event : events) {
    const EventRecord& record = records_[event];
    if (record.is_delete ? form.no_delete : form.no_put) continue;
    append(*batch, record, form.prev_kv);
  }
  if (batch->count() == 0) return nullptr;
  return batch;
}

void EventEncoder::append(EventBatch& batch, const EventRecord& record, bool with_prev_kv) const {
  std::optional<BytesView> before;
  if (with_prev_kv) {
    const KeyValueView kv = stored_key_value(record.kv);
    const bool is_create = !record.is_delete && kv.create_revision == kv.mod_revision;
    if (!is_create) before = store_.value_before(kv.key, record.revision);
  }
  Bytes event;
  append_event(event, record.is_delete ? EventType::kDelete : EventType::kPut, record.kv, before);
  protowire::Writer(batch.wire).bytes(kWatchResponseEvents, event);
  batch.ends.push_back(batch.wire.size());
}

}  // namespace argosy::etcd::mvcc
