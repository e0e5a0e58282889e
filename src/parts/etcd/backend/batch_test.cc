#include "parts/etcd/backend/batch.h"

#include <doctest/doctest.h>

#include "sys/random/random.h"

namespace argosy::etcd::backend {
namespace {

using Model = std::map<Bytes, std::optional<Bytes>>;

void check_same(const BatchBucket& bucket, const Model& model, const Bytes& from) {
  auto at = model.lower_bound(from);
  BatchCursor cursor(bucket, from);
  for (auto change = cursor.change(); change; cursor.next(), change = cursor.change(), ++at) {
    REQUIRE(at != model.end());
    CHECK(change->key == at->first);
    CHECK(change->is_erased != at->second.has_value());
    if (at->second) CHECK(change->value == *at->second);
  }
  CHECK(at == model.end());
}

TEST_CASE("a batch's bucket matches a map, whatever the order of keys") {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    BatchBucket bucket;
    Model model;
    uint64_t rising = 0;
    for (int step = 0; step < 200; ++step) {
      Bytes key;
      append_be64(key, random.chance(3) ? random.below(rising + 5) : rising += random.below(3));
      if (random.chance(4)) {
        bucket.erase(key);
        model[key] = std::nullopt;
      } else {
        bucket.put(key, std::to_string(step));
        model[key] = std::to_string(step);
      }
      Bytes other;
      append_be64(other, random.below(rising + 5));
      const auto found = bucket.find(other);
      CHECK(found.has_value() == model.contains(other));
    }
    check_same(bucket, model, "");
    for (int i = 0; i < 10; ++i) {
      Bytes from;
      append_be64(from, random.below(rising + 5));
      check_same(bucket, model, from);
    }
  }
}

}  // namespace
}  // namespace argosy::etcd::backend
