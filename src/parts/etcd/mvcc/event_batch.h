// The events of one or more whole revisions, encoded once and shared by all
// watchers that see the same ones.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"

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

}  // namespace argosy::etcd::mvcc
