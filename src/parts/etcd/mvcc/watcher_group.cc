#include "parts/etcd/mvcc/watcher_group.h"

#include "base/check.h"

namespace argosy::etcd::mvcc {

Audience& WatcherGroup::audience_of(const Watcher& watcher) {
  if (watcher.is_single) return single_[watcher.key];
  const IntervalSet::Handle handle = ranges_.insert(watcher.key, watcher.end);
  if (handle >= of_range_.size()) of_range_.resize(handle + 1);
  return of_range_[handle];
}

void WatcherGroup::add(Watcher& watcher) {
  Audience& audience = audience_of(watcher);
  auto& seats = audience.by_form[watcher.form.index()];
  watcher.seat = seats.size();
  seats.push_back(&watcher);
  audience.size++;
  size_++;
}

void WatcherGroup::remove(Watcher& watcher) {
  Audience& audience = audience_of(watcher);
  auto& seats = audience.by_form[watcher.form.index()];
  check(watcher.seat < seats.size() && seats[watcher.seat] == &watcher);
  seats[watcher.seat] = seats.back();
  seats[watcher.seat]->seat = watcher.seat;
  seats.pop_back();
  size_--;
  if (--audience.size == 0) drop_audience(watcher);
}

void WatcherGroup::drop_audience(const Watcher& watcher) {
  if (watcher.is_single) {
    single_.erase(watcher.key);
    return;
  }
  const IntervalSet::Handle handle = ranges_.insert(watcher.key, watcher.end);
  of_range_[handle] = {};
  ranges_.erase(handle);
}

void WatcherGroup::find(BytesView key, const Visitor& visit) {
  if (const auto at = single_.find(key); at != single_.end()) visit(at->second);
  if (ranges_.size() == 0) return;
  ranges_.stab(key, [&](IntervalSet::Handle handle) { visit(of_range_[handle]); });
}

void AudienceHits::add(Audience& audience, size_t event) {
  if (audience.hit >= list_.size() || list_[audience.hit].audience != &audience) {
    audience.hit = list_.size();
    list_.push_back({&audience, {}});
  }
  list_[audience.hit].events.push_back(event);
}

}  // namespace argosy::etcd::mvcc
