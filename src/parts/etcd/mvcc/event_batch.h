// The events of one or more whole revisions, encoded once and shared by all
// watchers that see the same ones.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "parts/etcd/mvcc/store.h"
#include "parts/etcd/mvcc/watcher.h"

namespace argosy::etcd::mvcc {

// Field number of WatchResponse.events.
inline constexpr uint32_t kWatchResponseEvents = 11;

struct EventBatch {
  // The events as they stand in a WatchResponse: for each a tag, a length, the
  // mvccpb.Event. A response is its other fields and these bytes.
  Bytes wire;
  // Where in `wire` each event ends: where a response may be split.
  std::vector<size_t> ends;

  size_t count() const { return ends.size(); }
  // One event with its tag and length.
  BytesView field(size_t i) const {
    const size_t begin = i == 0 ? 0 : ends[i - 1];
    return BytesView(wire).substr(begin, ends[i] - begin);
  }
};

using SharedEvents = std::shared_ptr<const EventBatch>;

// One change of the store as watchers see it.
struct EventRecord {
  int64_t revision = 0;
  bool is_delete = false;
  Bytes kv;  // encoded; of a deletion, the key and the revision

  static EventRecord of(const StoredRevision& stored, BytesView value);
};

// Makes batches out of a row of records.
class EventEncoder {
 public:
  EventEncoder(const Store& store, std::span<const EventRecord> records)
      : store_(store), records_(records) {}

  // Null when the form hides all of them.
  SharedEvents encode(EventForm form, std::span<const size_t> events);

 private:
  SharedEvents make(EventForm form, std::span<const size_t> events) const;
  void append(EventBatch& batch, const EventRecord& record, bool with_prev_kv) const;

  const Store& store_;
  std::span<const EventRecord> records_;
  // Of the usual row, a single record.
  std::array<SharedEvents, EventForm::kCount> single_;
};

}  // namespace argosy::etcd::mvcc
