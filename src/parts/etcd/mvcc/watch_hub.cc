#include "parts/etcd/mvcc/watch_hub.h"

#include <algorithm>

#include "base/check.h"
#include "parts/etcd/mvcc/errors.h"
#include "parts/etcd/mvcc/key_range.h"
#include "parts/etcd/mvcc/watch_stream.h"

namespace argosy::etcd::mvcc {
namespace {

constexpr BytesView kSmallestKey("\0", 1);

}  // namespace

WatchHub::WatchHub(const Store& store) : WatchHub(store, Limits()) {}

WatchHub::WatchHub(const Store& store, Limits limits)
    : store_(store), limits_(limits), published_(store.revision()) {
  check(limits.slice_watchers > 0 && limits.slice_revisions > 0 && limits.slice_bytes > 0);
}

WatchHub::~WatchHub() = default;

// -- Streams and their queues.

WatchStream& WatchHub::stream_of(WatchStreamId id) const {
  const auto at = streams_.find(id);
  check(at != streams_.end(), "no such watch stream");
  return *at->second;
}

WatchStreamId WatchHub::open_stream() {
  const WatchStreamId id(++last_stream_);
  auto stream = std::make_unique<WatchStream>();
  stream->id = id;
  streams_.emplace(id, std::move(stream));
  return id;
}

void WatchHub::close_stream(WatchStreamId id) {
  WatchStream& stream = stream_of(id);
  for (auto& [watch_id, watcher] : stream.watchers) unplace(*watcher);
  watcher_count_ -= stream.watchers.size();
  std::erase(ready_, id);
  streams_.erase(id);
}

void WatchHub::queue(WatchStream& stream, WatchResponse response) {
  stream.queued_bytes += response.byte_count();
  stream.queue.push_back(std::move(response));
  if (!stream.is_ready) ready_.push_back(stream.id);
  stream.is_ready = true;
}

size_t WatchHub::response_limit(const WatchStream& stream) const {
  return std::max(limits_.queued_responses,
                  limits_.queued_responses_per_watcher * stream.watchers.size());
}

bool WatchHub::is_full(const WatchStream& stream) const {
  return stream.queue.size() >= response_limit(stream) ||
         stream.queued_bytes >= limits_.queued_bytes;
}

void WatchHub::release_blocked(WatchStream& stream) {
  if (stream.queue.size() > response_limit(stream) / 2) return;
  if (stream.queued_bytes > limits_.queued_bytes / 2) return;
  while (!stream.blocked.empty()) make_unsynced(*stream.blocked.front());
}

std::vector<WatchStreamId> WatchHub::take_ready() {
  return std::exchange(ready_, {});
}

std::optional<WatchResponse> WatchHub::pop(WatchStreamId id) {
  WatchStream& stream = stream_of(id);
  if (stream.queue.empty()) return std::nullopt;
  WatchResponse response = std::move(stream.queue.front());
  stream.queue.pop_front();
  stream.queued_bytes -= response.byte_count();
  if (stream.queue.empty()) {
    stream.is_ready = false;
    std::erase(ready_, id);
  }
  if (!stream.blocked.empty()) release_blocked(stream);
  return response;
}

size_t WatchHub::queued(WatchStreamId id) const {
  return stream_of(id).queue.size();
}

// -- What a client asks.

int64_t WatchHub::create(WatchStreamId id, const WatchRequest& request) {
  WatchStream& stream = stream_of(id);
  const KeyRange range = KeyRange::of(request.key, request.range_end);
  const BytesView key = range.key.empty() ? kSmallestKey : range.key;
  if (!range.is_single && !range.end.empty() && range.end <= key) {
    refuse(id, std::string(kEmptyWatchRange));
    return kInvalidWatchId;
  }
  int64_t watch_id = request.watch_id;
  if (watch_id == 0) {
    while (stream.watchers.contains(stream.next_id)) stream.next_id++;
    watch_id = stream.next_id++;
  } else if (stream.watchers.contains(watch_id)) {
    refuse(id, std::string(kDuplicateWatchId));
    return kInvalidWatchId;
  }
  queue(stream, {.watch_id = watch_id, .revision = store_.revision(), .created = true});
  auto watcher = std::make_unique<Watcher>();
  watcher->id = watch_id;
  watcher->stream = &stream;
  watcher->key = Bytes(key);
  watcher->is_single = range.is_single;
  watcher->end = Bytes(range.end);
  watcher->form = {request.no_put, request.no_delete, request.prev_kv};
  watcher->wants_progress = request.progress_notify;
  watcher->next_revision =
      request.start_revision == 0 ? store_.revision() + 1 : request.start_revision;
  watcher->place = unsynced_.insert(unsynced_.end(), watcher.get());
  if (watcher->next_revision > store_.revision()) make_synced(*watcher);
  stream.watchers.emplace(watch_id, std::move(watcher));
  watcher_count_++;
  return watch_id;
}

void WatchHub::refuse(WatchStreamId id, std::string reason) {
  queue(stream_of(id), {.watch_id = kInvalidWatchId,
                        .revision = store_.revision(),
                        .created = true,
                        .canceled = true,
                        .cancel_reason = std::move(reason)});
}

void WatchHub::cancel(WatchStreamId id, int64_t watch_id) {
  WatchStream& stream = stream_of(id);
  const auto at = stream.watchers.find(watch_id);
  if (at == stream.watchers.end()) return;
  unplace(*at->second);
  stream.watchers.erase(at);
  watcher_count_--;
  std::erase_if(stream.queue, [&](const WatchResponse& response) {
    if (response.watch_id != watch_id || response.created) return false;
    stream.queued_bytes -= response.byte_count();
    return true;
  });
  queue(stream, {.watch_id = watch_id, .revision = store_.revision(), .canceled = true});
}

void WatchHub::request_progress(WatchStreamId id) {
  queue(stream_of(id), {.watch_id = kInvalidWatchId, .revision = store_.revision()});
}

void WatchHub::progress_tick(WatchStreamId id) {
  WatchStream& stream = stream_of(id);
  for (auto& [watch_id, watcher] : stream.watchers) {
    if (!watcher->wants_progress) continue;
    const bool is_due = std::exchange(watcher->is_progress_due, true);
    if (!is_due || watcher->state != Watcher::State::kSynced || is_full(stream)) continue;
    queue(stream, {.watch_id = watch_id, .revision = store_.revision()});
  }
}

// -- Where a watcher stands.

void WatchHub::unplace(Watcher& watcher) {
  switch (watcher.state) {
    case Watcher::State::kSynced:
      synced_.remove(watcher);
      break;
    case Watcher::State::kUnsynced:
      unsynced_.erase(watcher.place);
      break;
    case Watcher::State::kBlocked:
      watcher.stream->blocked.erase(watcher.place);
      blocked_count_--;
      break;
    case Watcher::State::kCompacted:
      break;
  }
}

void WatchHub::make_synced(Watcher& watcher) {
  unplace(watcher);
  watcher.state = Watcher::State::kSynced;
  synced_.add(watcher);
}

void WatchHub::make_unsynced(Watcher& watcher) {
  unplace(watcher);
  watcher.state = Watcher::State::kUnsynced;
  watcher.place = unsynced_.insert(unsynced_.end(), &watcher);
}

void WatchHub::make_blocked(Watcher& watcher) {
  unplace(watcher);
  watcher.state = Watcher::State::kBlocked;
  auto& blocked = watcher.stream->blocked;
  watcher.place = blocked.insert(blocked.end(), &watcher);
  blocked_count_++;
}

bool WatchHub::deliver(Watcher& watcher, const SharedEvents& events, int64_t revision) {
  if (!events) return true;
  if (is_full(*watcher.stream)) return false;
  queue(*watcher.stream, {.watch_id = watcher.id, .revision = revision, .events = events});
  watcher.is_progress_due = false;
  return true;
}

void WatchHub::store_was_restored() {
  for (auto& [id, stream] : streams_) {
    for (auto& [watch_id, watcher] : stream->watchers) {
      if (watcher->state != Watcher::State::kSynced) continue;
      watcher->next_revision = std::max(watcher->next_revision, published_ + 1);
      make_unsynced(*watcher);
    }
  }
  published_ = store_.revision();
}

}  // namespace argosy::etcd::mvcc
