// Watchers found by a key: those of this very key by hash, those of ranges through
// an interval set. Watchers of the same key or range sit together in an audience.
#pragma once

#include <array>
#include <functional>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "parts/etcd/mvcc/interval_set.h"
#include "parts/etcd/mvcc/watcher.h"

namespace argosy::etcd::mvcc {

// In each form the watchers are in no particular order.
struct Audience {
  std::array<std::vector<Watcher*>, EventForm::kCount> by_form;
  size_t size = 0;
  // For AudienceHits.
  size_t hit = 0;
};

class WatcherGroup {
 public:
  // A watcher is in one group at a time.
  void add(Watcher& watcher);
  void remove(Watcher& watcher);
  size_t size() const { return size_; }

  using Visitor = std::function<void(Audience&)>;
  void find(BytesView key, const Visitor& visit);

 private:
  struct KeyHash {
    using is_transparent = void;
    size_t operator()(BytesView key) const { return std::hash<BytesView>()(key); }
  };
  Audience& audience_of(const Watcher& watcher);
  void drop_audience(const Watcher& watcher);

  std::unordered_map<Bytes, Audience, KeyHash, std::equal_to<>> single_;
  IntervalSet ranges_;
  std::vector<Audience> of_range_;  // by handle
  size_t size_ = 0;
};

// Which audiences a row of events concerns, and which of the events each.
class AudienceHits {
 public:
  struct Hit {
    Audience* audience;
    std::vector<size_t> events;  // rising
  };
  // Events come in order.
  void add(Audience& audience, size_t event);
  // In the order in which they were hit first.
  const std::vector<Hit>& list() const { return list_; }

 private:
  std::vector<Hit> list_;
};

}  // namespace argosy::etcd::mvcc
