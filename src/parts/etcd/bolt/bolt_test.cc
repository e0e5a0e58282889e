// The interface of a Db, case by case.
#include <doctest/doctest.h>

#include "parts/etcd/bolt/test_model.h"
#include "sim/disk/sim_disk.h"

namespace argosy::etcd::bolt {
namespace {

void put_all(Db& db, const Model& model) {
  auto tx = must(db.begin_write());
  for (const auto& [name, map] : model) {
    const auto bucket = must(tx.bucket(name));
    for (const auto& [key, value] : map) must(tx.put(bucket, key, value));
  }
  must(std::move(tx).commit());
}

std::map<Bytes, Bytes> numbered(size_t count, size_t value_size) {
  std::map<Bytes, Bytes> map;
  for (size_t i = 0; i < count; ++i) {
    Bytes key;
    append_be64(key, i);
    map.emplace(key, Bytes(value_size, static_cast<char>('a' + i % 26)));
  }
  return map;
}

TEST_CASE("a new file has no buckets and survives a reopen") {
  sim::SimDisk disk;
  const auto db = must(Db::open(disk, "/db", {}));
  CHECK(must(dump(db->begin_read())).empty());
  CHECK_FALSE(must(db->begin_read().bucket("key")).has_value());
  CHECK(db->stats().size == 4 * 4096);
  must(db->verify());
}

TEST_CASE("an empty file is made a database; a read-only open makes nothing") {
  sim::SimDisk disk;
  CHECK(Db::open(disk, "/db", {.read_only = true}).error().code() == Code::kNotFound);
  must(replace_file(disk, "/db", ""));
  CHECK(Db::open(disk, "/db", {.read_only = true}).error().text() == "/db: invalid database");
  must(must(Db::open(disk, "/db", {}))->verify());
}

TEST_CASE("writes need a writable database, one at a time") {
  sim::SimDisk disk;
  {
    const auto db = must(Db::open(disk, "/db", {}));
    auto tx = must(db->begin_write());
    CHECK(db->begin_write().error().text() == "a write transaction is open");
    std::move(tx).rollback();
    CHECK(db->begin_write().has_value());
  }
  const auto db = must(Db::open(disk, "/db", {.read_only = true}));
  CHECK(db->begin_write().error().text() == "database is in read-only mode");
}

TEST_CASE("the lock is waited for so long and no longer") {
  sim::SimDisk disk;
  const auto db = must(Db::open(disk, "/db", {}));
  const auto second = Db::open(disk, "/db", {.lock_timeout = milliseconds(60)});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code() == Code::kDeadlineExceeded);
  CHECK(second.error().message() == "timeout");
}

TEST_CASE("keys and values have bounds") {
  sim::SimDisk disk;
  const auto db = must(Db::open(disk, "/db", {}));
  auto tx = must(db->begin_write());
  const auto bucket = must(tx.bucket("b"));
  CHECK(tx.put(bucket, "", "v").error().text() == "key required");
  CHECK(tx.put(bucket, Bytes(32769, 'k'), "v").error().text() == "key too large");
  must(tx.put(bucket, Bytes(32768, 'k'), Bytes(3 << 20, 'v')));
  CHECK(tx.bucket("c", false).error().text() == "bucket not found");
  CHECK(tx.erase_bucket("c").error().text() == "bucket not found");
  must(std::move(tx).commit());
  must(db->verify());
  const auto read = must(db->begin_read().bucket("b"));
  CHECK(must(read->get(Bytes(32768, 'k')))->size() == 3 << 20);
}

TEST_CASE("a small bucket lies in its parent's page, a larger one has its own") {
  sim::SimDisk disk;
  const auto db = must(Db::open(disk, "/db", {}));
  const auto own_root = [&] {
    Cursor names = must(db->begin_read().buckets());
    return load_bucket_header(must(names.first())->value.data()).root;
  };
  put_all(*db, {{"b", {{"key", Bytes(900, 'x')}}}});
  CHECK(own_root() == 0);
  put_all(*db, {{"b", {{"more", Bytes(100, 'x')}}}});
  CHECK(own_root() != 0);
  auto tx = must(db->begin_write());
  must(tx.erase(must(tx.bucket("b")), "key"));
  must(std::move(tx).commit());
  CHECK(own_root() == 0);
  must(db->verify());
}

TEST_CASE("sequential pages are nine tenths full, others half") {
  for (const bool is_sequential : {true, false}) {
    sim::SimDisk disk;
    const auto db = must(Db::open(disk, "/db", {}));
    auto tx = must(db->begin_write());
    const auto bucket = must(tx.bucket("b"));
    if (is_sequential) tx.set_sequential(bucket);
    for (const auto& [key, value] : numbered(1000, 76)) must(tx.put(bucket, key, value));
    must(std::move(tx).commit());
    // 100 bytes each: (0.9 * 4096 - 16) / 100 and (0.5 * 4096 - 16) / 100.
    size_t pages = 0;
    must(db->begin_read().for_each_page([&](const PageInfo& page) {
      if (page.kind != PageKind::kLeaf || page.count < 2) return;
      ++pages;
      if (pages < 20) CHECK(page.count == (is_sequential ? 36 : 20));
    }));
    CHECK(pages > 20);
  }
}

TEST_CASE("what one snapshot still sees is not reused; without it, it is") {
  sim::SimDisk disk;
  const auto db = must(Db::open(disk, "/db", {}));
  put_all(*db, {{"b", numbered(200, 100)}});
  std::optional<ReadTx> old = db->begin_read();
  const Model before = must(dump(*old));
  for (int i = 0; i < 10; ++i) put_all(*db, {{"b", numbered(200, 101 + static_cast<size_t>(i))}});
  CHECK(db->stats().pending_pages > 50);
  CHECK(must(dump(*old)) == before);
  old.reset();
  const uint64_t grown = db->stats().size;
  for (int i = 0; i < 10; ++i) put_all(*db, {{"b", numbered(200, 100)}});
  CHECK(db->stats().size == grown);
  CHECK(db->stats().size_in_use < grown);
  must(db->verify());
}

TEST_CASE("a snapshot outlives remapping, and the database") {
  sim::SimDisk disk;
  auto db = must(Db::open(disk, "/db", {}));
  put_all(*db, {{"b", numbered(10, 100)}});
  const ReadTx old = db->begin_read();
  put_all(*db, {{"b", numbered(20000, 100)}});
  const ReadTx young = db->begin_read();
  db.reset();
  CHECK(must(dump(old)) == Model{{"b", numbered(10, 100)}});
  CHECK(must(dump(young)) == Model{{"b", numbered(20000, 100)}});
}

TEST_CASE("a copy is a database of its own with two valid metas") {
  sim::SimDisk disk;
  const auto db = must(Db::open(disk, "/db", {}));
  for (size_t i = 1; i < 8; ++i) {
    put_all(*db, {{"b", numbered(40 * i, 100)}});
    const ReadTx tx = db->begin_read();
    Bytes copy(tx.size(), '\0');
    const size_t piece = 1000 * i;
    for (size_t at = 0; at < copy.size(); at += piece) {
      tx.copy(at, copy.data() + at, std::min(piece, copy.size() - at));
    }
    for (const size_t damaged : {size_t{4096}, size_t{0}}) {
      Bytes half = copy;
      half[damaged + kPageHeaderSize + 20] ^= 1;
      must(replace_file(disk, "/copy", half));
      const auto copied = must(Db::open(disk, "/copy", {}));
      must(copied->verify());
      CHECK(must(dump(copied->begin_read())) == Model{{"b", numbered(40 * i, 100)}});
      put_all(*copied, {{"c", {{"k", "v"}}}});
      must(copied->verify());
    }
  }
}

TEST_CASE("compaction leaves no holes") {
  sim::SimDisk disk;
  const auto db = must(Db::open(disk, "/db", {}));
  put_all(*db, {{"a", numbered(25000, 50)}, {"b", numbered(10, 5)}, {"empty", {}}});
  auto tx = must(db->begin_write());
  for (const auto& [key, value] : numbered(20000, 0)) must(tx.erase(must(tx.bucket("a")), key));
  must(std::move(tx).commit());
  must(replace_file(disk, "/to", "something old"));
  must(compact(db->begin_read(), disk, "/to"));
  const auto to = must(Db::open(disk, "/to", {}));
  must(to->verify());
  CHECK(must(dump(to->begin_read())) == must(dump(db->begin_read())));
  CHECK(to->stats().size < db->stats().size / 3);
}

}  // namespace
}  // namespace argosy::etcd::bolt
