#include "parts/etcd/mvcc/key_index.h"

#include <doctest/doctest.h>
#include <map>

#include "sys/random/random.h"

namespace argosy::etcd::mvcc {
namespace {

Bytes key_of(uint64_t number) {
  Bytes key(8, '0');
  for (size_t i = 8; i-- > 0; number /= 10) key[i] = static_cast<char>('0' + number % 10);
  return key;
}

}  // namespace

TEST_CASE("keys of any length keep their text") {
  for (const size_t size : {0UL, 1UL, 14UL, 15UL, 16UL, 17UL, 300UL}) {
    const Bytes text(size, 'k');
    KeyText a(text);
    KeyText b = a.copy();
    CHECK(a.view() == text);
    a = KeyText("x");
    CHECK(b.view() == text);
    b.swap(a);
    CHECK(a.view() == text);
  }
}

TEST_CASE("a history in its three forms") {
  KeyHistory history;
  CHECK(history.is_empty());
  CHECK(!history.at(100));
  history.put({5, 2});
  CHECK(history.live()->version == 1);
  CHECK(history.at(5) == Revision{5, 2});
  CHECK(!history.at(4));
  history.put({7, 0});
  history.bury({9, 1});
  CHECK(!history.is_live());
  history.put({9, 3});
  CHECK(history.live()->create_revision == 9);
  CHECK(history.at(8) == Revision{7, 0});
  CHECK(history.at(9) == Revision{9, 3});
  CHECK(history.size() == 4);

  history.compact(4);
  CHECK(history.size() == 4);
  history.compact(7);
  CHECK(history.size() == 3);
  CHECK(history.at(7) == Revision{7, 0});
  history.compact(9);
  CHECK(history.size() == 1);
  CHECK(history.live()->version == 1);
  history.bury({10, 0});
  CHECK(!history.at(10));
  history.compact(10);
  CHECK(history.is_empty());
}

TEST_CASE("numbers too large for the small form") {
  const LivePut puts[] = {
      {{int64_t{1} << 50, 0}, 3, 1},
      {{900, int64_t{1} << 25}, 900, 1},
      {{int64_t{1} << 42, 0}, 1, 1},
      {{900, 0}, 3, int64_t{1} << 30},
      {{(int64_t{1} << 43) - 1, (1 << 20) - 1}, (int64_t{1} << 43) - 2, (1 << 24) - 1},
  };
  for (const LivePut& put : puts) {
    KeyHistory history;
    history.restore(put);
    CHECK(history.live()->modified == put.modified);
    CHECK(history.live()->create_revision == put.create_revision);
    CHECK(history.live()->version == put.version);
    history.put({int64_t{1} << 51, 0});
    CHECK(history.live()->create_revision == put.create_revision);
    CHECK(history.live()->version == put.version + 1);
    CHECK(history.at(put.modified.main) == put.modified);
    history.compact(int64_t{1} << 51);
    CHECK(history.live()->version == put.version + 1);
  }
}

TEST_CASE("the index counts like a map, whatever is put, buried and compacted") {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    CAPTURE(seed);
    SeededRandom random(seed);
    KeyIndex index;
    std::map<Bytes, bool> model;  // whether it is alive
    const uint64_t keys = 1 + random.below(20000);
    int64_t main = 1;
    for (int step = 0; step < 20000; step++) {
      const Bytes key =
          seed % 3 == 0 ? key_of(static_cast<uint64_t>(step) % keys) : key_of(random.below(keys));
      // First it grows, then it shrinks.
      const bool shrinks = step % 10000 > 6000;
      const auto known = model.find(key);
      const Revision revision{++main, 0};
      if (known != model.end() && known->second && random.chance(shrinks ? 1 : 4)) {
        index.bury(key, revision);
        known->second = false;
      } else if (known != model.end() && !known->second && random.chance(2)) {
        index.compact(key, main);
        model.erase(known);
      } else if (!shrinks) {
        index.put(key, revision);
        model[key] = true;
      }
      if (step % 4000 != 0) continue;
      index.verify();
      REQUIRE(index.size() == model.size());
      const Bytes from = key_of(random.below(keys));
      const Bytes to = random.chance(5) ? Bytes() : key_of(random.below(keys));
      size_t alive = 0;
      for (const auto& [name, is_alive] : model) {
        if (is_alive && name >= from && (to.empty() || name < to)) alive++;
      }
      CHECK(index.live_count(from, to) == alive);
    }
    for (auto at = model.begin(); at != model.end(); at = model.erase(at)) {
      if (at->second) index.bury(at->first, {++main, 0});
      index.compact(at->first, main);
    }
    index.verify();
    CHECK(index.size() == 0);
  }
}

}  // namespace argosy::etcd::mvcc
