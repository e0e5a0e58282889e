// The naive second implementation for tests: buckets as maps, and random changes made
// to both.
#pragma once

#include <doctest/doctest.h>
#include <map>

#include "parts/etcd/bolt/db.h"
#include "sys/random/random.h"

namespace argosy::etcd::bolt {

using Model = std::map<Bytes, std::map<Bytes, Bytes>>;

template <typename T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().text());
  return *std::move(result);
}
inline void must(Result<void> result) {
  if (!result) FAIL(result.error().text());
}

// Everything that a cursor finds; nested buckets are left out.
inline Result<Model> dump(const ReadTx& tx) {
  Model model;
  Cursor names = TRY(tx.buckets());
  for (auto name = TRY(names.first()); name; name = TRY(names.next())) {
    auto& to = model[Bytes(name->key)];
    const auto bucket = TRY(tx.bucket(name->key));
    if (!bucket) continue;
    Cursor cursor = bucket->cursor();
    for (auto item = TRY(cursor.first()); item; item = TRY(cursor.next())) {
      if (!item->is_bucket) to.emplace(item->key, item->value);
    }
  }
  return model;
}

// Random changes; the shape (sizes, shares of erases, order of keys) is chosen anew for
// each transaction.
class Workload {
 public:
  explicit Workload(Random& random) : random_(random) {}

  // Changes the model and a transaction alike.
  void change(Model& model, WriteTx& tx) {
    const size_t operations = 1 + random_.below(random_.chance(5) ? 400 : 30);
    const uint64_t one_erase_in = 1 + random_.below(6);
    const uint64_t key_space = 10 + random_.below(3000);
    const size_t max_value = random_.chance(8) ? 20000 : 1 + random_.below(400);
    const Bytes name = kNames[random_.below(std::size(kNames))];
    if (random_.chance(40) && model.contains(name)) {
      must(tx.erase_bucket(name));
      model.erase(name);
      return;
    }
    const auto bucket = must(tx.bucket(name));
    auto& map = model[name];
    if (random_.chance(3)) tx.set_sequential(bucket);
    for (size_t i = 0; i < operations; ++i) {
      if (random_.chance(one_erase_in)) {
        erase(map, tx, bucket, key_space);
      } else {
        put(map, tx, bucket, key_space, max_value);
      }
    }
    if (random_.chance(20)) erase_range(map, tx, bucket);
  }

 private:
  static constexpr const char* kNames[] = {"key", "meta", "lease", "b"};

  Bytes random_key(uint64_t key_space) {
    Bytes key;
    if (random_.chance(2)) {
      append_be64(key, random_.below(key_space));
      return key;
    }
    key = std::to_string(random_.below(key_space));
    return key.append(random_.below(40), 'k');
  }
  void put(std::map<Bytes, Bytes>& map, WriteTx& tx, WriteTx::Bucket bucket, uint64_t key_space,
           size_t max_value) {
    Bytes key = random_key(key_space);
    if (random_.chance(4) && !map.empty()) key = map.rbegin()->first + 'x';
    const Bytes value(random_.below(max_value), static_cast<char>('a' + random_.below(26)));
    must(tx.put(bucket, key, value));
    map.insert_or_assign(key, value);
  }
  void erase(std::map<Bytes, Bytes>& map, WriteTx& tx, WriteTx::Bucket bucket, uint64_t key_space) {
    Bytes key = random_key(key_space);
    const auto near = map.lower_bound(key);
    if (near != map.end()) key = near->first;
    must(tx.erase(bucket, key));
    map.erase(key);
  }
  // Empties whole pages, so that branches merge and levels go.
  void erase_range(std::map<Bytes, Bytes>& map, WriteTx& tx, WriteTx::Bucket bucket) {
    if (map.empty()) return;
    auto it = map.begin();
    std::advance(it, static_cast<ptrdiff_t>(random_.below(map.size())));
    for (size_t left = random_.below(2 * map.size()); left > 0 && it != map.end(); --left) {
      must(tx.erase(bucket, it->first));
      it = map.erase(it);
    }
  }

  Random& random_;
};

}  // namespace argosy::etcd::bolt
