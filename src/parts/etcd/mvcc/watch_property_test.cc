// Random writes, compactions, restarts and slow readers: in the end each watcher has
// seen exactly what the list of all changes says that it should.
#include <cstdlib>
#include <doctest/doctest.h>
#include <set>

#include "parts/etcd/mvcc/naive_store.h"
#include "parts/etcd/mvcc/test_leases.h"
#include "parts/etcd/mvcc/watch_events.h"
#include "parts/etcd/mvcc/watch_hub.h"
#include "parts/etcd/storage/memory_storage.h"
#include "sys/random/random.h"

namespace argosy::etcd::mvcc {
namespace {

uint64_t rounds(uint64_t usual) {
  return std::getenv("ARGOSY_LONG") != nullptr ? usual * 50 : usual;
}

struct Observer {
  WatchRequest request;
  int64_t first = 0;  // the first revision that it wants
  bool is_created = false;
  bool is_over = false;
  int64_t compact_revision = 0;
  int64_t last_seen = 0;  // revision of the newest event
  int64_t last_header = 0;
  struct Seen {
    bool is_delete;
    Bytes kv;
    std::optional<Bytes> prev_kv;
    int64_t compacted;  // the store's compact revision when it was read
  };
  std::vector<Seen> seen;
};

class Machine {
 public:
  explicit Machine(uint64_t seed) : random_(seed) {
    limits_.queued_responses = 1 + random_.below(6);
    limits_.queued_responses_per_watcher = random_.below(3);
    limits_.queued_bytes = 50 + random_.below(2000);
    limits_.slice_revisions = 1 + random_.below(8);
    limits_.slice_watchers = 1 + random_.below(6);
    limits_.slice_bytes = 20 + random_.below(1000);
    hub_ = std::make_unique<WatchHub>(store_, limits_);
    for (int i = 0; i < 3; i++) streams_.push_back(hub_->open_stream());
    observers_.resize(3);
  }

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      step();
      most_slow_ = std::max(most_slow_, hub_->slow_watcher_count());
    }
    CHECK(most_slow_ > 0);
    settle();
    CHECK(hub_->slow_watcher_count() == 0);
    for (auto& stream : observers_) {
      for (auto& [id, observer] : stream) judge(observer);
    }
  }

 private:
  Bytes key() { return Bytes(1, static_cast<char>('a' + random_.below(6))); }

  void step() {
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        write();
        break;
      case 4:
      case 5:
        watch();
        break;
      case 6:
      case 7:
        hub_->sync_slice();
        break;
      case 8:
      case 9:
        read(random_.below(3), random_.below(4));
        break;
      case 10:
        if (random_.chance(4)) compact();
        break;
      case 11:
        if (random_.chance(6)) cancel();
        if (random_.chance(30)) restore();
        break;
    }
  }

  void write() {
    WriteTxn txn(store_);
    for (uint64_t i = 0, count = 1 + random_.below(3); i < count; i++) {
      const Bytes name = key();
      if (random_.chance(3)) {
        txn.delete_range(name, {});
        model_.erase(name, {});
      } else {
        const Bytes value(random_.below(30), 'v');
        txn.put(name, value, 0);
        model_.put(name, value, 0);
      }
    }
    model_.end();
    hub_->publish(txn.end());
  }

  void watch() {
    const uint64_t stream = random_.below(3);
    Observer observer;
    observer.request.key = key();
    if (random_.chance(2)) observer.request.range_end = key();
    if (random_.chance(6)) observer.request.range_end = Bytes(kFromKey);
    observer.request.no_put = random_.chance(5);
    observer.request.no_delete = random_.chance(5);
    observer.request.prev_kv = random_.chance(2);
    if (!random_.chance(4)) {
      observer.request.start_revision =
          1 + static_cast<int64_t>(random_.below(static_cast<uint64_t>(model_.revision) + 3));
    }
    observer.first = observer.request.start_revision;
    if (observer.first == 0) observer.first = model_.revision + 1;
    const int64_t id = hub_->create(streams_[stream], observer.request);
    if (id == kInvalidWatchId) return;
    CHECK(!observers_[stream].contains(id));
    observers_[stream].emplace(id, observer);
  }

  // Canceled ones are judged at once: nothing may come after the answer.
  void cancel() {
    const uint64_t stream = random_.below(3);
    auto& all = observers_[stream];
    if (all.empty()) return;
    auto chosen = std::next(all.begin(), static_cast<ptrdiff_t>(random_.below(all.size())));
    hub_->cancel(streams_[stream], chosen->first);
    chosen->second.is_over = true;
    canceled_.insert({stream, chosen->first});
  }

  void compact() {
    const auto span =
        static_cast<uint64_t>(model_.revision - std::max<int64_t>(0, model_.compacted));
    const int64_t revision = model_.revision - static_cast<int64_t>(random_.below(span + 1));
    if (!store_.compact(revision)) return;
    model_.compacted = revision;
    compactions_.insert(revision);
    while (store_.compact_step() == Store::Compaction::kMore) continue;
  }

  void restore() {
    store_.restore();
    hub_->store_was_restored();
  }

  void settle() {
    for (bool is_busy = true; is_busy;) {
      is_busy = hub_->sync_slice();
      for (uint64_t stream = 0; stream < 3; stream++) is_busy |= read(stream, 1000);
    }
  }

  bool read(uint64_t stream, uint64_t count) {
    bool any = false;
    while (count-- > 0) {
      const auto response = hub_->pop(streams_[stream]);
      if (!response) break;
      any = true;
      if (response->watch_id != kInvalidWatchId) take(stream, *response);
    }
    return any;
  }

  void take(uint64_t stream, const WatchResponse& response) {
    const auto at = observers_[stream].find(response.watch_id);
    REQUIRE(at != observers_[stream].end());
    Observer& observer = at->second;
    if (response.created) {
      CHECK(!observer.is_created);
      observer.is_created = true;
      return;
    }
    CHECK(observer.is_created);
    if (response.canceled) {
      observer.is_over = true;
      observer.compact_revision = response.compact_revision;
      if (canceled_.erase({stream, response.watch_id}) == 0) return;
      judge(observer);
      observers_[stream].erase(at);
      return;
    }
    REQUIRE(!observer.is_over);
    add_events(observer, response);
  }

  void add_events(Observer& observer, const WatchResponse& response) {
    REQUIRE(response.events);
    CHECK(response.revision >= observer.last_header);
    observer.last_header = response.revision;
    bool is_first = true;
    std::set<int64_t> revisions;
    for (const WatchedEvent& event : decode_events(*response.events)) {
      const int64_t revision = event.kv.mod_revision;
      CHECK(revision <= response.revision);
      // No revision is spread over two responses.
      CHECK((is_first ? revision > observer.last_seen : revision >= observer.last_seen));
      is_first = false;
      observer.last_seen = revision;
      revisions.insert(revision);
      observer.seen.push_back({event.is_delete, encode(event.kv),
                               event.prev_kv ? std::optional(encode(*event.prev_kv)) : std::nullopt,
                               model_.compacted});
    }
    CHECK(revisions.size() <= limits_.slice_revisions);
  }

  // Compaction removes, at its very revision, what is not visible there.
  bool may_be_compacted(const NaiveChange& change) const {
    if (!compactions_.contains(change.revision.main)) return false;
    const auto visible = model_.range(change.key, {}, change.revision.main);
    return visible.empty() || visible[0].revision != change.revision;
  }

  void judge(const Observer& observer) const {
    size_t at = 0;
    for (const NaiveChange& change : model_.history) {
      const WatchRequest& request = observer.request;
      if (change.revision.main < observer.first) continue;
      if (change.is_delete ? request.no_delete : request.no_put) continue;
      if (!NaiveStore::contains(request.key, request.range_end, change.key)) continue;
      const bool is_next = at < observer.seen.size() && matches(observer.seen[at], change, request);
      if (is_next) {
        at++;
        continue;
      }
      if (may_be_compacted(change)) continue;
      // What is missing is missing at the end, and for a reason.
      CHECK(observer.is_over);
      CHECK(at == observer.seen.size());
      if (observer.compact_revision != 0) CHECK(observer.last_seen < observer.compact_revision);
      break;
    }
    CHECK(at == observer.seen.size());
  }

  bool matches(const Observer::Seen& seen, const NaiveChange& change,
               const WatchRequest& request) const {
    const KeyValueView deleted{.key = change.key, .mod_revision = change.revision.main};
    if (seen.is_delete != change.is_delete) return false;
    if (seen.kv != encode(change.is_delete ? deleted : change.kv())) return false;
    const auto before = model_.range(change.key, {}, change.revision.main - 1);
    const bool is_create = !change.is_delete && change.create_revision == change.revision.main;
    if (seen.prev_kv) {
      CHECK(request.prev_kv);
      REQUIRE(!before.empty());
      CHECK(*seen.prev_kv == encode(before[0].kv()));
    } else if (request.prev_kv && !is_create && !before.empty()) {
      CHECK(change.revision.main - 1 < seen.compacted);
    }
    return true;
  }

  SeededRandom random_;
  MemoryStorage storage_;
  TestLeases leases_;
  Store store_{storage_, leases_};
  NaiveStore model_;
  WatchHub::Limits limits_;
  std::unique_ptr<WatchHub> hub_;
  std::vector<WatchStreamId> streams_;
  std::vector<std::map<int64_t, Observer>> observers_;
  std::set<std::pair<uint64_t, int64_t>> canceled_;
  std::set<int64_t> compactions_;
  size_t most_slow_ = 0;
};

}  // namespace

TEST_CASE("every watcher sees the history, without a gap and without a repetition") {
  for (uint64_t seed = 1; seed <= rounds(300); seed++) {
    CAPTURE(seed);
    Machine(seed).run(300);
  }
}

TEST_CASE("intervals are found by the keys in them") {
  for (uint64_t seed = 1; seed <= 50; seed++) {
    CAPTURE(seed);
    SeededRandom random(seed);
    const auto key = [&] {
      return Bytes(1 + random.below(2), static_cast<char>('a' + random.below(20)));
    };
    IntervalSet set;
    std::map<std::pair<Bytes, Bytes>, IntervalSet::Handle> model;
    for (int step = 0; step < 600; step++) {
      const std::pair interval{key(), random.chance(8) ? Bytes() : key()};
      if (random.chance(2)) {
        const auto handle = set.insert(interval.first, interval.second);
        const auto [at, is_new] = model.emplace(interval, handle);
        CHECK(at->second == handle);
      } else if (const auto at = model.find(interval); at != model.end()) {
        set.erase(at->second);
        model.erase(at);
      }
      CHECK(set.size() == model.size());
      const Bytes probe = key();
      std::multiset<IntervalSet::Handle> wanted;
      for (const auto& [range, handle] : model) {
        if (range.first <= probe && (range.second.empty() || probe < range.second)) {
          wanted.insert(handle);
        }
      }
      std::multiset<IntervalSet::Handle> found;
      set.stab(probe, [&](IntervalSet::Handle handle) { found.insert(handle); });
      CHECK(found == wanted);
      CHECK(set.contains(probe) == !wanted.empty());
    }
  }
}

}  // namespace argosy::etcd::mvcc
