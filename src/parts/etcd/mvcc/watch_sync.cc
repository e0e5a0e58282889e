// How events reach watchers: publish() for those that are up to date, sync_slice()
// for those that are behind.
#include <algorithm>
#include <map>

#include "base/check.h"
#include "parts/etcd/mvcc/watch_hub.h"
#include "parts/etcd/mvcc/watch_stream.h"

namespace argosy::etcd::mvcc {

// -- Synced watchers.

std::vector<EventRecord> WatchHub::records_of(const Changes& changes, AudienceHits& hits) {
  std::vector<EventRecord> records;
  for (size_t sub = 0; sub < changes.list.size(); sub++) {
    const Change& change = changes.list[sub];
    bool is_watched = false;
    synced_.find(change.key, [&](Audience& audience) {
      hits.add(audience, records.size());
      is_watched = true;
    });
    if (!is_watched) continue;
    const Revision revision{changes.revision, static_cast<int64_t>(sub)};
    Bytes kv = change.is_delete ? deleted_key_value(change.key, changes.revision)
                                : Bytes(store_.value_at(revision));
    records.push_back({changes.revision, change.is_delete, std::move(kv)});
  }
  return records;
}

void WatchHub::publish(const Changes& changes) {
  if (changes.empty()) return;
  check(changes.revision == store_.revision(), "published late");
  published_ = changes.revision;
  if (synced_.size() == 0) return;
  AudienceHits hits;
  const std::vector<EventRecord> records = records_of(changes, hits);
  EventEncoder encoder(store_, records);
  std::vector<Watcher*> blocked;
  for (const auto& [audience, events] : hits.list()) {
    for (size_t form = 0; form < EventForm::kCount; form++) {
      const auto& watchers = audience->by_form[form];
      if (watchers.empty()) continue;
      const SharedEvents batch = encoder.encode(EventForm::from_index(form), events);
      for (Watcher* watcher : watchers) {
        if (watcher->next_revision > changes.revision) continue;
        if (!deliver(*watcher, batch, changes.revision)) blocked.push_back(watcher);
      }
    }
  }
  for (Watcher* watcher : blocked) {
    watcher->next_revision = changes.revision;
    make_blocked(*watcher);
  }
}

// -- Unsynced watchers.

// One round: watchers whose next revision is not before `first`, and the events of
// first..last. The head of the list says where to begin, so that each has its turn
// however far behind another is.
struct WatchHub::Slice {
  int64_t first = 0;
  int64_t last = 0;
  std::vector<Watcher*> chosen;
  WatcherGroup group;
  AudienceHits hits;
  std::vector<EventRecord> records;
};

bool WatchHub::stays_unsynced(Watcher& watcher) {
  if (watcher.next_revision < store_.compact_revision()) {
    queue(
        *watcher.stream,
        {.watch_id = watcher.id, .canceled = true, .compact_revision = store_.compact_revision()});
    unplace(watcher);
    watcher.state = Watcher::State::kCompacted;
    return false;
  }
  // A negative start in a store that was never compacted means "from now on".
  if (watcher.next_revision < 0) watcher.next_revision = store_.revision() + 1;
  if (watcher.next_revision > store_.revision()) {
    make_synced(watcher);
    return false;
  }
  if (is_full(*watcher.stream)) {
    make_blocked(watcher);
    return false;
  }
  return true;
}

void WatchHub::choose(Slice& slice) {
  size_t looked_at = 0;
  for (auto at = unsynced_.begin(); at != unsynced_.end() && looked_at < limits_.slice_watchers;) {
    Watcher& watcher = **at++;
    looked_at++;
    if (!stays_unsynced(watcher)) continue;
    if (slice.chosen.empty()) slice.first = watcher.next_revision;
    if (watcher.next_revision < slice.first) continue;
    slice.chosen.push_back(&watcher);
    slice.group.add(watcher);
  }
}

void WatchHub::read(Slice& slice) {
  slice.last = store_.revision();
  int64_t main = 0;
  size_t revisions = 0;
  size_t bytes = 0;
  const Bytes from = first_key_of(std::max<int64_t>(slice.first, 1));
  const Bytes to = first_key_of(store_.revision() + 1);
  store_.storage().scan(Bucket::kKey, from, to, [&](BytesView key, BytesView value) {
    const auto stored = parse_revision_key(key);
    check(stored.has_value(), "a stored revision has a damaged key");
    if (stored->revision.main != main) {
      if (revisions == limits_.slice_revisions || bytes >= limits_.slice_bytes) {
        slice.last = main;
        return false;
      }
      main = stored->revision.main;
      revisions++;
    }
    bytes += value.size();
    bool is_watched = false;
    slice.group.find(stored_key_value(value).key, [&](Audience& audience) {
      slice.hits.add(audience, slice.records.size());
      is_watched = true;
    });
    if (is_watched) slice.records.push_back(EventRecord::of(*stored, value));
    return true;
  });
}

void WatchHub::hand_out(Slice& slice) {
  EventEncoder encoder(store_, slice.records);
  const auto revision_of = [&](size_t event) { return slice.records[event].revision; };
  for (const auto& [audience, events] : slice.hits.list()) {
    for (size_t form = 0; form < EventForm::kCount; form++) {
      std::map<size_t, SharedEvents> from;  // by the number of events left out
      for (Watcher* watcher : audience->by_form[form]) {
        const auto begin =
            std::ranges::lower_bound(events, watcher->next_revision, {}, revision_of);
        const auto skipped = static_cast<size_t>(begin - events.begin());
        if (skipped == events.size()) continue;
        const auto [batch, is_new] = from.try_emplace(skipped);
        if (is_new) {
          batch->second =
              encoder.encode(EventForm::from_index(form), std::span(events).subspan(skipped));
        }
        if (!deliver(*watcher, batch->second, store_.revision())) make_blocked(*watcher);
      }
    }
  }
}

void WatchHub::advance(Slice& slice) {
  for (Watcher* watcher : slice.chosen) {
    if (watcher->state != Watcher::State::kUnsynced) continue;
    if (watcher->next_revision > slice.last) continue;
    watcher->next_revision = slice.last + 1;
    if (slice.last == store_.revision()) {
      make_synced(*watcher);
    } else {
      unsynced_.splice(unsynced_.end(), unsynced_, watcher->place);
    }
  }
}

bool WatchHub::sync_slice() {
  Slice slice;
  choose(slice);
  if (!slice.chosen.empty()) {
    read(slice);
    hand_out(slice);
    advance(slice);
  }
  return !unsynced_.empty();
}

}  // namespace argosy::etcd::mvcc
