// Thousands of random requests against the store and against a list of everything
// that happened; compaction in slices and restarts in between.
#include <cstdlib>
#include <doctest/doctest.h>
#include <set>

#include "base/crc32c.h"
#include "parts/etcd/mvcc/apply.h"
#include "parts/etcd/mvcc/hash_kv.h"
#include "parts/etcd/mvcc/naive_store.h"
#include "parts/etcd/mvcc/range.h"
#include "parts/etcd/mvcc/test_leases.h"
#include "parts/etcd/storage/memory_storage.h"
#include "sys/random/random.h"

namespace argosy::etcd::mvcc {
namespace {

uint64_t rounds(uint64_t usual) {
  return std::getenv("ARGOSY_LONG") != nullptr ? usual * 50 : usual;
}

class Machine {
 public:
  explicit Machine(uint64_t seed) : random_(seed) {
    for (int64_t id = 1; id <= 3; id++) leases_.leases.insert(id);
    key_count_ = 2 + random_.below(300);
  }

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      step();
      REQUIRE(store_->revision() == model_.revision);
      REQUIRE(store_->compact_revision() == model_.compacted);
    }
    while (store_->compact_step(7) == Store::Compaction::kMore) continue;
    check_storage();
    check_everything();
  }

 private:
  // Some keys are longer than what the index keeps in place.
  Bytes key() {
    const uint64_t number = random_.below(key_count_);
    Bytes name = "k" + std::to_string(number * 7919 % 1000);
    if (number % 5 == 0) name += "-with-a-rather-long-name";
    return name;
  }
  Bytes range_end() {
    switch (random_.below(4)) {
      case 0:
        return {};
      case 1:
        return Bytes(kFromKey);
      default:
        return key();
    }
  }
  int64_t past_revision() {
    const int64_t lowest = std::max<int64_t>(model_.compacted, 1);
    return lowest +
           static_cast<int64_t>(random_.below(static_cast<uint64_t>(model_.revision - lowest + 1)));
  }

  void step() {
    switch (random_.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        write(1);
        break;
      case 5:
      case 6:
        write(1 + random_.below(6));
        break;
      case 7:
        erase_range();
        break;
      case 8:
      case 9:
      case 10:
        check_range();
        break;
      case 11:
        if (random_.chance(4)) compact();
        break;
      case 12:
        store_->compact_step(1 + random_.below(20));
        break;
      case 13:
        if (random_.chance(8)) restart();
        break;
      case 14:
        if (random_.chance(8)) check_hash();
        break;
      case 15:
        check_cursor();
        break;
    }
  }

  // Distinct keys or not: the store itself has no rule about that.
  void write(uint64_t count) {
    WriteTxn txn(*store_);
    for (uint64_t i = 0; i < count; i++) {
      const Bytes name = key();
      if (random_.chance(4)) {
        CHECK(txn.delete_range(name, {}) == model_.erase(name, {}));
      } else {
        const Bytes value(random_.below(40), 'v');
        const auto lease = static_cast<int64_t>(random_.below(4));
        txn.put(name, value, lease);
        model_.put(name, value, lease);
      }
      CHECK(txn.revision() == model_.reading_revision());
      RangeRequest request{.key = key(), .range_end = range_end()};
      compare_range(range_within(*store_, request, txn.revision()).value(), request,
                    model_.reading_revision());
    }
    const Changes changes = txn.end();
    model_.end();
    CHECK(changes.revision == (changes.empty() ? 0 : model_.revision));
  }

  void erase_range() {
    if (!random_.chance(6)) return;
    DeleteRangeRequest request{.key = key(), .range_end = range_end(), .prev_kv = true};
    const auto before = model_.range(request.key, request.range_end, model_.revision);
    Changes changes;
    const DeleteRangeResponse response = apply_delete_range(*store_, request, changes);
    CHECK(response.deleted == model_.erase(request.key, request.range_end));
    model_.end();
    CHECK(response.revision == model_.revision);
    compare(response.prev_kvs, before);
  }

  static void compare(const RawKeyValues& got, const std::vector<NaiveChange>& wanted) {
    REQUIRE(got.size() == wanted.size());
    for (size_t i = 0; i < got.size(); i++) {
      CHECK(got.decoded(i) == wanted[i].kv());
      CHECK(got[i] == encode(wanted[i].kv()));
    }
  }
  void compare_range(const RangeResponse& got, const RangeRequest& request, int64_t at) const {
    auto wanted = model_.range(request.key, request.range_end, at);
    CHECK(got.count == static_cast<int64_t>(wanted.size()));
    const auto limit = static_cast<size_t>(request.limit);
    CHECK(got.more == (limit > 0 && wanted.size() > limit));
    if (got.more) wanted.resize(limit);
    compare(got.kvs, wanted);
  }

  RangeRequest random_range() {
    RangeRequest request{.key = key(), .range_end = range_end()};
    if (random_.chance(2)) request.limit = static_cast<int64_t>(random_.below(20));
    if (random_.chance(2)) request.revision = past_revision();
    return request;
  }
  void check_range() {
    const RangeRequest request = random_range();
    const auto got = range(*store_, request);
    REQUIRE(got.has_value());
    CHECK(got->revision == model_.revision);
    compare_range(*got, request, request.revision == 0 ? model_.revision : request.revision);
  }

  // Writes and compactions may come between the slices.
  void check_cursor() {
    const RangeRequest request = random_range();
    auto cursor = RangeCursor::open(*store_, request);
    REQUIRE(cursor.has_value());
    const int64_t shown = model_.revision;
    const int64_t at = cursor->pinned_revision();
    for (;;) {
      const auto done = cursor->step(1 + random_.below(30), 1 + random_.below(300));
      if (!done) {
        CHECK(done.error().code() == Code::kOutOfRange);
        CHECK(model_.compacted > at);
        return;
      }
      if (*done) break;
      if (random_.chance(3)) write(1);
      if (random_.chance(20)) compact();
      if (random_.chance(3)) store_->compact_step(10);
    }
    const RangeResponse got = cursor->take();
    CHECK(got.revision == shown);
    if (model_.compacted <= at) compare_range(got, request, at);
  }

  void compact() {
    const int64_t revision = past_revision();
    const auto done = store_->compact(revision);
    CHECK(done.has_value() == (revision > model_.compacted));
    if (done) model_.compacted = revision;
    CHECK(!store_->compact(model_.revision + 1).has_value());
  }

  void restart() {
    leases_.attached.clear();
    store_ = std::make_unique<Store>(storage_, leases_);
    store_->index().verify();
    check_leases();
    check_everything();
  }

  void check_everything() {
    check_leases();
    CHECK(store_->key_count() == model_.at(model_.revision).size());
    const RangeRequest all{.key = Bytes(kFromKey), .range_end = Bytes(kFromKey)};
    for (int64_t main = std::max<int64_t>(1, model_.compacted); main <= model_.revision;
         main += 1 + static_cast<int64_t>(random_.below(40))) {
      RangeRequest request = all;
      request.revision = main;
      compare_range(range(*store_, request).value(), request, main);
    }
  }

  void check_leases() const {
    std::map<Bytes, int64_t, std::less<>> wanted;
    for (const auto& [name, change] : model_.at(model_.revision)) {
      if (change.lease != 0) wanted.emplace(name, change.lease);
    }
    CHECK(leases_.attached == wanted);
  }

  // After a finished compaction: what is visible there, and all that came later.
  void check_storage() {
    std::set<Revision> wanted;
    for (const auto& [name, change] : model_.at(model_.compacted)) wanted.insert(change.revision);
    for (const NaiveChange& change : model_.history) {
      if (change.revision.main > model_.compacted) wanted.insert(change.revision);
    }
    std::set<Revision> stored;
    storage_.scan(Bucket::kKey, {}, {}, [&](BytesView name, BytesView) {
      stored.insert(parse_revision_key(name)->revision);
      return true;
    });
    CHECK(stored == wanted);
  }

  // By the definition, from the model alone.
  uint32_t hash_by_definition(int64_t at) const {
    std::set<Revision> kept;
    for (const auto& [name, change] : model_.at(at)) kept.insert(change.revision);
    uint32_t crc = crc32c(0, "key");
    for (const NaiveChange& change : model_.history) {
      if (change.revision.main > at) break;
      const bool is_old = change.revision.main <= model_.compacted;
      if (is_old && !kept.empty() && !kept.contains(change.revision)) continue;
      const Bytes name =
          change.is_delete ? tombstone_key(change.revision) : revision_key(change.revision);
      const Bytes value = encode(change.is_delete ? KeyValueView{.key = change.key} : change.kv());
      crc = crc32c(crc32c(crc, name), value);
    }
    return crc;
  }

  void check_hash() {
    const int64_t at = past_revision();
    auto plan = HashPlan::open(*store_, at);
    if (at == model_.compacted) {
      CHECK(!plan.has_value());
      return;
    }
    REQUIRE(plan.has_value());
    while (!plan->step(1 + random_.below(50)).value()) {
      if (random_.chance(4)) write(1);
    }
    HashScope scope = plan->take();
    // Nothing visible: then the original hashes what compaction has not got to yet.
    if (!scope.is_any_kept && scope.compact_revision > 0) return;
    KvHasher hasher(std::move(scope));
    storage_.scan(Bucket::kKey, {}, {}, [&](BytesView name, BytesView value) {
      hasher.add(name, value);
      return true;
    });
    CHECK(hasher.hash() == hash_by_definition(at));
  }

  SeededRandom random_;
  uint64_t key_count_ = 0;
  MemoryStorage storage_;
  TestLeases leases_;
  std::unique_ptr<Store> store_ = std::make_unique<Store>(storage_, leases_);
  NaiveStore model_;
};

}  // namespace

TEST_CASE("the store does what a list of all revisions would do") {
  for (uint64_t seed = 1; seed <= rounds(40); seed++) {
    CAPTURE(seed);
    Machine(seed).run(400);
  }
}

}  // namespace argosy::etcd::mvcc
