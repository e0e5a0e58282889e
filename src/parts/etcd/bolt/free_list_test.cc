#include "parts/etcd/bolt/free_list.h"

#include <doctest/doctest.h>
#include <set>

#include "sys/random/random.h"

namespace argosy::etcd::bolt {
namespace {

TEST_CASE("one page comes from the lowest span, several from the tightest") {
  FreeList list;
  list.add({10, 2});
  list.add({20, 8});
  list.add({40, 3});
  CHECK(list.allocate(3) == 40);
  CHECK(list.allocate(1) == 10);
  CHECK(list.allocate(1) == 11);
  CHECK(list.allocate(2) == 20);
  CHECK(list.allocate(7) == std::nullopt);
  CHECK(list.free_pages() == 6);
}

TEST_CASE("adjacent spans merge") {
  FreeList list;
  list.add({10, 1});
  list.add({12, 1});
  list.add({11, 1});
  CHECK(list.all() == std::vector<PageSpan>{{10, 3}});
  CHECK(list.allocate(3) == 10);
}

TEST_CASE("pending pages wait for their transaction") {
  FreeList list;
  list.add_pending(5, {{10, 2}});
  list.add_pending(6, {{12, 1}});
  CHECK(list.pending_pages() == 3);
  list.release(4);
  CHECK(list.free_pages() == 0);
  list.release(5);
  CHECK(list.free_pages() == 2);
  CHECK(list.pending_pages() == 1);
  CHECK(list.allocate(3) == std::nullopt);
  list.release(6);
  CHECK(list.allocate(3) == 10);
}

TEST_CASE("random spans match a set of pages") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    FreeList list;
    std::set<PageId> free;
    std::vector<PageSpan> used = {{2, 2000}};
    for (int step = 0; step < 3000; ++step) {
      if (random.chance(2)) {
        const size_t i = random.below(used.size());
        PageSpan& span = used[i];
        if (span.count == 0) continue;
        const uint64_t count = 1 + random.below(span.count < 9 ? span.count : 9);
        list.add({span.first, count});
        for (PageId id = span.first; id < span.first + count; ++id) free.insert(id);
        span = {span.first + count, span.count - count};
      } else if (const uint64_t count = 1 + random.below(4); true) {
        const auto id = list.allocate(count);
        if (!id) continue;
        for (PageId page = *id; page < *id + count; ++page) REQUIRE(free.erase(page) == 1);
        if (count == 1 && !free.empty()) CHECK(*id < *free.begin());
        used.push_back({*id, count});
      }
      REQUIRE(list.free_pages() == free.size());
    }
    std::set<PageId> held;
    for (const PageSpan& span : list.all()) {
      for (PageId id = span.first; id < span.first + span.count; ++id) held.insert(id);
    }
    CHECK(held == free);
  }
}

}  // namespace
}  // namespace argosy::etcd::bolt
