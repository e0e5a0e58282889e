// What the hub holds of a stream; included by its sources only.
#pragma once

#include <deque>
#include <list>
#include <map>
#include <memory>

#include "parts/etcd/mvcc/watch_hub.h"

namespace argosy::etcd::mvcc {

struct WatchStream {
  WatchStreamId id;
  std::map<int64_t, std::unique_ptr<Watcher>> watchers;
  int64_t next_id = 0;
  std::deque<WatchResponse> queue;
  size_t queued_bytes = 0;
  std::list<Watcher*> blocked;
  bool is_ready = false;  // reported, or about to be
};

}  // namespace argosy::etcd::mvcc
