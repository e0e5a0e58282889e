// Watchers of a store. Each belongs to a stream; a stream has one queue of responses
// in the order in which the client must see them, and the owner drains it.
//
//  - synced: has seen all up to the store's revision; publish() feeds it.
//  - unsynced: is behind; sync_slice() reads revisions from the storage for it.
//  - blocked: its stream's queue was full. It becomes unsynced when the queue has
//    been drained to a half; other streams don't notice.
//
// A watcher gets every event of its range from its start revision on, once, in
// order, all of one revision in one response. One behind the compact revision is
// canceled with that revision. (As in etcd 3.4.23, a deletion at exactly the compact
// revision is compacted away too.)
//
// Pure; on the applying thread, like the store.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "parts/etcd/mvcc/event_batch.h"
#include "parts/etcd/mvcc/store.h"
#include "parts/etcd/mvcc/watcher.h"
#include "parts/etcd/mvcc/watcher_group.h"
#include "parts/etcd/mvcc/write_txn.h"

namespace argosy::etcd::mvcc {

using WatchStreamId = Distinct<struct WatchStreamIdTag>;

inline constexpr int64_t kInvalidWatchId = -1;

// WatchCreateRequest; `fragment` is for whoever writes the response.
struct WatchRequest {
  Bytes key;                   // empty: "\0"
  Bytes range_end;             // empty: just the key; "\0": all from the key on
  int64_t start_revision = 0;  // 0: from the next one
  int64_t watch_id = 0;        // 0: the stream chooses
  bool no_put = false;
  bool no_delete = false;
  bool prev_kv = false;
  bool progress_notify = false;
};

// WatchResponse. Events, a created, a canceled, both (refused), or neither: progress.
struct WatchResponse {
  int64_t watch_id = 0;
  int64_t revision = 0;  // of the header; 0 when canceled by compaction
  bool created = false;
  bool canceled = false;
  int64_t compact_revision = 0;
  SharedEvents events;  // null: none
  std::string cancel_reason;

  size_t byte_count() const { return events ? events->wire.size() : 0; }
};

class WatchHub {
 public:
  struct Limits {
    // A stream is full at this many responses or, if more, at so many for each of its
    // watchers: one write may concern them all.
    size_t queued_responses = 128;
    size_t queued_responses_per_watcher = 8;
    // Or at this many bytes of events.
    size_t queued_bytes = size_t{16} << 20;
    // Of one slice of catching up.
    size_t slice_watchers = 512;
    size_t slice_revisions = 1000;
    size_t slice_bytes = size_t{1} << 20;
  };

  explicit WatchHub(const Store& store);
  WatchHub(const Store& store, Limits limits);
  ~WatchHub();
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;

  WatchStreamId open_stream();
  // With all its watchers and what is queued.
  void close_stream(WatchStreamId stream);

  // -- What a client asks. The answers go to the stream's queue.

  // The id, kInvalidWatchId if refused; either way a created response is queued.
  int64_t create(WatchStreamId stream, const WatchRequest& request);
  // Queues the refusal of a watch that the owner does not permit.
  void refuse(WatchStreamId stream, std::string reason);
  // Unknown ids are ignored. Responses still queued for the watch are dropped.
  void cancel(WatchStreamId stream, int64_t watch_id);
  // Queues a response with id -1 and the store's revision, at once, as 3.4 does.
  void request_progress(WatchStreamId stream);

  // -- What the owner drives.

  // Right after WriteTxn::end(). No changes: does nothing.
  void publish(const Changes& changes);
  // Work for watchers that are behind; true when some are left that can go on.
  // Call it until false after create, pop and every 100 ms.
  bool sync_slice();
  bool has_unsynced() const { return !unsynced_.empty(); }
  // A stream's timer (10 minutes by default, with jitter): queues a progress response
  // for each synced watcher that asked for it and had no event since the last tick.
  void progress_tick(WatchStreamId stream);
  // After Store::restore(): all watchers are behind until proven otherwise.
  void store_was_restored();

  // -- Draining.

  // Streams whose queue is no longer empty, each once until it has been empty again.
  std::vector<WatchStreamId> take_ready();
  // Empty when the queue is.
  std::optional<WatchResponse> pop(WatchStreamId stream);
  size_t queued(WatchStreamId stream) const;

  // For metrics.
  size_t stream_count() const { return streams_.size(); }
  size_t watcher_count() const { return watcher_count_; }
  // Unsynced and blocked.
  size_t slow_watcher_count() const { return unsynced_.size() + blocked_count_; }

 private:
  struct Slice;

  WatchStream& stream_of(WatchStreamId id) const;
  void queue(WatchStream& stream, WatchResponse response);
  size_t response_limit(const WatchStream& stream) const;
  bool is_full(const WatchStream& stream) const;
  void release_blocked(WatchStream& stream);
  // False when the stream is full; the watcher must be blocked then.
  bool deliver(Watcher& watcher, const SharedEvents& events, int64_t revision);

  void make_synced(Watcher& watcher);
  void make_unsynced(Watcher& watcher);
  void make_blocked(Watcher& watcher);
  // Takes it out of the group or list where it is.
  void unplace(Watcher& watcher);

  std::vector<EventRecord> records_of(const Changes& changes, AudienceHits& hits);
  // Back among the others, or to the place where it belongs now; true if it stays.
  bool stays_unsynced(Watcher& watcher);
  void choose(Slice& slice);
  void read(Slice& slice);
  void hand_out(Slice& slice);
  void advance(Slice& slice);

  const Store& store_;
  Limits limits_;
  std::unordered_map<WatchStreamId, std::unique_ptr<WatchStream>> streams_;
  std::vector<WatchStreamId> ready_;
  WatcherGroup synced_;
  std::list<Watcher*> unsynced_;  // whose turn it is, first
  int64_t published_;             // synced watchers have had all up to here
  size_t blocked_count_ = 0;
  size_t watcher_count_ = 0;
  uint64_t last_stream_ = 0;
};

}  // namespace argosy::etcd::mvcc
