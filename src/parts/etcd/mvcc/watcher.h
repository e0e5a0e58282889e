// One watcher, as the hub and its groups hold it.
#pragma once

#include <cstdint>
#include <list>

#include "base/bytes.h"

namespace argosy::etcd::mvcc {

struct WatchStream;

// Which form of its events a watcher gets. Watchers of the same form share them.
struct EventForm {
  bool no_put = false;
  bool no_delete = false;
  bool prev_kv = false;

  static constexpr size_t kCount = 8;
  size_t index() const { return (no_put ? 1U : 0U) + (no_delete ? 2U : 0U) + (prev_kv ? 4U : 0U); }
  static EventForm from_index(size_t index) {
    return {(index & 1) != 0, (index & 2) != 0, (index & 4) != 0};
  }
};

struct Watcher {
  enum class State { kSynced, kUnsynced, kBlocked, kCompacted };

  // -- Constant.
  int64_t id = 0;
  WatchStream* stream = nullptr;
  Bytes key;
  bool is_single = false;
  Bytes end;  // empty: none; only if not single
  EventForm form;
  bool wants_progress = false;

  // -- Changed by the hub.
  State state = State::kUnsynced;
  // It needs no event below this one. A synced watcher has had all that there are.
  int64_t next_revision = 0;
  bool is_progress_due = true;
  // Where it stands: in its audience if synced, in a list if unsynced or blocked.
  size_t seat = 0;
  std::list<Watcher*>::iterator place;
};

}  // namespace argosy::etcd::mvcc
