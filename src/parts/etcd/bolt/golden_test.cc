// Files that the originals wrote.
#include <doctest/doctest.h>

#include "parts/etcd/bolt/test_model.h"
#include "sim/disk/sim_disk.h"

namespace argosy::etcd::bolt {
namespace {

std::unique_ptr<sim::SimDisk> disk_with(const std::string& file) {
  auto disk = std::make_unique<sim::SimDisk>();
  must(replace_file(*disk, "/db", must(read_file(real_disk(), "testdata/" + file))));
  return disk;
}

BucketView bucket_of(const ReadTx& tx, BytesView name) {
  const auto bucket = must(tx.bucket(name));
  REQUIRE(bucket.has_value());
  return *bucket;
}

size_t count_keys(const BucketView& bucket) {
  size_t count = 0;
  Cursor cursor = bucket.cursor();
  for (auto item = must(cursor.first()); item; item = must(cursor.next())) ++count;
  return count;
}

void check_bbolt_content(const ReadTx& tx) {
  must(tx.verify());
  const BucketView many = bucket_of(tx, "many");
  CHECK(count_keys(many) == 171);
  CHECK(many.sequence() == 4);
  const BucketView small = bucket_of(tx, "small");
  CHECK(must(small.get("a")) == std::optional<BytesView>("inline"));
  CHECK(small.sequence() == 7);
  const BucketView outer = bucket_of(tx, "outer");
  CHECK(must(outer.get("plain")) == std::optional<BytesView>("beside"));
  CHECK_FALSE(must(outer.get("inner")).has_value());
  const auto inner = must(outer.bucket("inner"));
  REQUIRE(inner.has_value());
  CHECK(count_keys(*inner) == 60);
  CHECK(must(inner->get("n042")) == std::optional<BytesView>(BytesView(Bytes(30, '\0'))));
  CHECK(must(bucket_of(tx, "large").get("big"))->size() == 5000);
  CHECK(must(bucket_of(tx, "large").get("big"))->starts_with("ABCDEFGHIJKLMNOPQRSTUVWXYZABC"));
}

TEST_CASE("bbolt 1.3.6: a stored free list, inline, nested and large buckets") {
  const auto disk = disk_with("bbolt_1_3_6.db");
  {
    const auto db = must(Db::open(*disk, "/db", {.read_only = true}));
    check_bbolt_content(db->begin_read());
    CHECK(db->begin_read().page_size() == 1024);
  }
  const auto db = must(Db::open(*disk, "/db", {}));
  for (int round = 0; round < 20; ++round) {
    auto tx = must(db->begin_write());
    const auto bucket = must(tx.bucket("ours"));
    for (int i = 0; i < 100; ++i) must(tx.put(bucket, std::to_string(i * round), "value"));
    must(std::move(tx).commit());
    must(db->verify());
  }
  check_bbolt_content(db->begin_read());
}

TEST_CASE("a nested bucket is read only, and goes with its parent") {
  const auto disk = disk_with("bbolt_1_3_6.db");
  const auto db = must(Db::open(*disk, "/db", {}));
  auto tx = must(db->begin_write());
  const auto outer = must(tx.bucket("outer"));
  CHECK(tx.put(outer, "inner", "x").error().text() == "incompatible value");
  CHECK(tx.erase(outer, "inner").error().text() == "incompatible value");
  CHECK_FALSE(must(tx.get(outer, "inner")).has_value());
  must(tx.put(outer, "another", "plain one"));
  must(std::move(tx).commit());
  must(db->verify());
  CHECK(must(bucket_of(db->begin_read(), "outer").bucket("inner")).has_value());
  CHECK(compact(db->begin_read(), *disk, "/to").error().text() ==
        "bucket \"outer\" has nested buckets");

  auto erasing = must(db->begin_write());
  must(erasing.erase_bucket("outer"));
  must(std::move(erasing).commit());
  must(db->verify());
  must(compact(db->begin_read(), *disk, "/to"));
  const auto copy = must(Db::open(*disk, "/to", {}));
  CHECK(must(dump(copy->begin_read())) == must(dump(db->begin_read())));
  CHECK(bucket_of(copy->begin_read(), "many").sequence() == 4);
  CHECK(copy->begin_read().page_size() == 1024);
}

TEST_CASE("etcd 3.4.23: buckets, revisions and the stored consistent index") {
  const auto disk = disk_with("etcd_3_4_23.db");
  const auto db = must(Db::open(*disk, "/db", {}));
  must(db->verify());
  const Model found = must(dump(db->begin_read()));
  std::vector<std::pair<Bytes, size_t>> counts;
  for (const auto& [name, map] : found) counts.emplace_back(name, map.size());
  CHECK(counts == std::vector<std::pair<Bytes, size_t>>{{"alarm", 0},
                                                        {"auth", 1},
                                                        {"authRoles", 1},
                                                        {"authUsers", 1},
                                                        {"cluster", 1},
                                                        {"key", 63},
                                                        {"lease", 1},
                                                        {"members", 1},
                                                        {"members_removed", 0},
                                                        {"meta", 3}});
  CHECK(found.at("cluster").at("clusterVersion") == "3.4.0");
  CHECK(found.at("meta").at("consistent_index").size() == 8);
  CHECK(load_be64(found.at("key").rbegin()->first.data()) == 64);
}

TEST_CASE("pages are listed once, in order") {
  const auto disk = disk_with("bbolt_1_3_6.db");
  const auto db = must(Db::open(*disk, "/db", {.read_only = true}));
  uint64_t next = 0;
  std::map<PageKind, size_t> kinds;
  must(db->begin_read().for_each_page([&](const PageInfo& page) {
    CHECK(page.id == next);
    next += page.overflow + 1;
    ++kinds[page.kind];
  }));
  CHECK(next * 1024 == db->begin_read().size());
  CHECK(kinds[PageKind::kMeta] == 2);
  CHECK(kinds[PageKind::kFreeList] == 1);
  CHECK(kinds[PageKind::kBranch] >= 1);
  CHECK(kinds[PageKind::kLeaf] > 10);
  CHECK(kinds[PageKind::kFree] > 0);
}

}  // namespace
}  // namespace argosy::etcd::bolt
