// Test support: the events of a batch, decoded.
#pragma once

#include <doctest/doctest.h>
#include <optional>
#include <vector>

#include "base/protowire.h"
#include "parts/etcd/mvcc/event_batch.h"
#include "parts/etcd/mvcc/key_value.h"

namespace argosy::etcd::mvcc {

// Borrows from the batch.
struct WatchedEvent {
  bool is_delete = false;
  KeyValueView kv;
  std::optional<KeyValueView> prev_kv;
};

inline WatchedEvent decode_event(BytesView raw) {
  WatchedEvent event;
  protowire::Reader in(raw);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        event.is_delete = in.uint64() == 1;
        break;
      case 2:
        event.kv = stored_key_value(in.bytes());
        break;
      case 3:
        event.prev_kv = stored_key_value(in.bytes());
        break;
      default:
        FAIL("no such field");
        break;
    }
  }
  REQUIRE(!in.failed());
  return event;
}

inline std::vector<WatchedEvent> decode_events(const EventBatch& batch) {
  std::vector<WatchedEvent> events;
  for (size_t i = 0; i < batch.count(); i++) {
    protowire::Reader in(batch.field(i));
    REQUIRE(in.next());
    CHECK(in.field() == kWatchResponseEvents);
    events.push_back(decode_event(in.bytes()));
    CHECK(!in.next());
  }
  CHECK((batch.ends.empty() ? 0 : batch.ends.back()) == batch.wire.size());
  return events;
}

}  // namespace argosy::etcd::mvcc
