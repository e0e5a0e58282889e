// The Backend's interface, case by case.
#include "parts/etcd/backend/backend.h"

#include <atomic>
#include <cerrno>
#include <doctest/doctest.h>
#include <thread>

#include "parts/etcd/backend/db_hash.h"
#include "parts/etcd/backend/fake_clock.h"
#include "parts/etcd/bolt/test_model.h"
#include "sim/disk/sim_disk.h"

namespace argosy::etcd::backend {
namespace {

using bolt::must;

constexpr Options kSmall{.batch_limit = 10, .initial_map_size = 0};

struct Fixture {
  sim::SimDisk disk;
  FakeClock clock;
  std::unique_ptr<Backend> backend = must(Backend::open(disk, clock, "/db", kSmall));

  void reopen() {
    backend.reset();
    backend = must(Backend::open(disk, clock, "/db", kSmall));
  }
  std::optional<Bytes> get(Bucket bucket, BytesView key) const {
    const auto found = backend->get(bucket, key);
    if (!found) return std::nullopt;
    return Bytes(*found);
  }
  std::string keys(Bucket bucket, BytesView from = {}, BytesView to = {}) const {
    std::string out;
    backend->scan(bucket, from, to, [&](BytesView key, BytesView value) {
      out.append(key).append("=").append(value).append(" ");
      return true;
    });
    return out;
  }
  // Seals, and waits until the job is done, without taking it over.
  void commit_without_finishing() const {
    std::atomic<bool> is_done = false;
    backend->seal_and_commit([&] { is_done = true; });
    while (!is_done) std::this_thread::yield();
  }
};

TEST_CASE_FIXTURE(Fixture, "reads see the open batch, the sealed one and the file") {
  backend->put(Bucket::kLease, "a", "file");
  backend->put(Bucket::kLease, "b", "file");
  backend->put(Bucket::kLease, "c", "file");
  must(backend->commit_now());
  backend->put(Bucket::kLease, "b", "sealed");
  backend->put(Bucket::kLease, "d", "sealed");
  commit_without_finishing();
  backend->put(Bucket::kLease, "c", "open");
  backend->erase(Bucket::kLease, "a");
  backend->put(Bucket::kLease, "e", "open");
  CHECK(keys(Bucket::kLease) == "b=sealed c=open d=sealed e=open ");
  CHECK(keys(Bucket::kLease, "b", "d") == "b=sealed c=open ");
  CHECK_FALSE(get(Bucket::kLease, "a").has_value());
  CHECK(get(Bucket::kLease, "d") == "sealed");
  CHECK_FALSE(get(Bucket::kAlarm, "d").has_value());
  CHECK(backend->is_busy());
  must(backend->finish_commit());
  CHECK_FALSE(backend->is_busy());
  CHECK(keys(Bucket::kLease) == "b=sealed c=open d=sealed e=open ");
  must(backend->commit_now());
  reopen();
  CHECK(keys(Bucket::kLease) == "b=sealed c=open d=sealed e=open ");
}

TEST_CASE_FIXTURE(Fixture, "a scan stops when its visitor says so") {
  for (const char* key : {"a", "b", "c"}) backend->put(Bucket::kAuth, key, "");
  int seen = 0;
  backend->scan(Bucket::kAuth, "", "", [&](BytesView, BytesView) { return ++seen < 2; });
  CHECK(seen == 2);
}

TEST_CASE_FIXTURE(Fixture, "a batch is due by age or by size") {
  CHECK_FALSE(backend->commit_due().has_value());
  CHECK_FALSE(backend->wants_commit(clock.now()));
  backend->put(Bucket::kMeta, "k", "v");
  CHECK(backend->commit_due() == clock.now() + milliseconds(100));
  CHECK_FALSE(backend->wants_commit(clock.now() + milliseconds(99)));
  CHECK(backend->wants_commit(clock.now() + milliseconds(100)));
  for (int i = 1; i < 10; ++i) backend->put(Bucket::kMeta, "k", "v");
  CHECK(backend->pending_operations() == 10);
  CHECK(backend->wants_commit(clock.now()));
}

TEST_CASE_FIXTURE(Fixture, "one job at a time; the next batch fills up meanwhile") {
  backend->put(Bucket::kMeta, "k", "1");
  commit_without_finishing();
  CHECK_FALSE(backend->wants_commit(clock.now() + seconds(1)));
  CHECK_FALSE(backend->is_saturated());
  for (int i = 0; i < 10; ++i) backend->put(Bucket::kMeta, "k", "2");
  CHECK(backend->is_saturated());
  CHECK_FALSE(backend->wants_commit(clock.now() + seconds(1)));
  must(backend->finish_commit());
  CHECK_FALSE(backend->is_saturated());
  CHECK(backend->wants_commit(clock.now()));
  must(backend->finish_commit());
  CHECK(get(Bucket::kMeta, "k") == "2");
}

TEST_CASE_FIXTURE(Fixture, "what was not committed is lost, as in a crash") {
  backend->put(Bucket::kMeta, "k", "1");
  must(backend->commit_now());
  backend->put(Bucket::kMeta, "k", "2");
  reopen();
  CHECK(get(Bucket::kMeta, "k") == "1");
}

TEST_CASE_FIXTURE(Fixture, "a failed commit is fatal and reads go on") {
  backend->put(Bucket::kMeta, "k", "1");
  must(backend->commit_now());
  disk.fail_from(1, ENOSPC);
  backend->put(Bucket::kMeta, "k", "2");
  commit_without_finishing();
  CHECK_FALSE(backend->failure().has_value());
  const auto failed = backend->finish_commit();
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().system_errno() == ENOSPC);
  REQUIRE(backend->failure().has_value());
  CHECK(backend->failure()->text() == failed.error().text());

  disk.heal();
  CHECK(get(Bucket::kMeta, "k") == "2");
  backend->put(Bucket::kMeta, "l", "3");
  CHECK_FALSE(backend->wants_commit(clock.now() + seconds(1)));
  commit_without_finishing();
  CHECK_FALSE(backend->finish_commit().has_value());
  CHECK_FALSE(backend->commit_now().has_value());
  CHECK_FALSE(backend->replace_with("/other").has_value());
  CHECK(get(Bucket::kMeta, "l") == "3");
}

TEST_CASE_FIXTURE(Fixture, "a damaged page in a read is a failure") {
  for (int i = 0; i < 100; ++i) backend->put(Bucket::kAuth, std::to_string(i), Bytes(100, 'x'));
  must(backend->commit_now());
  Bytes file = must(read_file(disk, "/db"));
  backend.reset();
  for (uint64_t page = 2; page < file.size() / 4096; ++page) {
    CAPTURE(page);
    Bytes damaged = file;
    damaged[page * 4096 + 11] = 0x7f;
    must(replace_file(disk, "/damaged", damaged));
    const auto opened = Backend::open(disk, clock, "/damaged", kSmall);
    if (!opened) CHECK(opened.error().text().starts_with("/damaged: page "));
  }
}

TEST_CASE_FIXTURE(Fixture, "a snapshot streams one committed state as a database") {
  for (int i = 0; i < 300; ++i) backend->put(Bucket::kKey, std::to_string(i), Bytes(90, 'x'));
  must(backend->commit_now());
  DbSnapshot snapshot = backend->open_snapshot();
  const uint32_t sum = must(hash(backend->committed(), HashedKeys::kAll));
  backend->put(Bucket::kKey, "later", "x");
  must(backend->commit_now());
  CHECK(must(hash(backend->committed(), HashedKeys::kAll)) != sum);
  CHECK(snapshot.size() % 4096 == 0);

  Bytes copy;
  std::thread reader([&] {
    char buffer[32 << 10];
    while (const size_t got = snapshot.read(buffer, sizeof buffer)) copy.append(buffer, got);
  });
  reader.join();
  CHECK(copy.size() == snapshot.size());
  CHECK(snapshot.remaining() == 0);
  must(replace_file(disk, "/copy", copy));
  const auto copied = must(bolt::Db::open(disk, "/copy", {}));
  must(copied->verify());
  CHECK(must(hash(copied->begin_read(), HashedKeys::kAll)) == sum);

  // A received snapshot takes the file's place; what was not committed goes.
  backend->put(Bucket::kKey, "open", "x");
  must(replace_file(disk, "/received", copy));
  must(backend->replace_with("/received"));
  CHECK(must(hash(backend->committed(), HashedKeys::kAll)) == sum);
  CHECK_FALSE(get(Bucket::kKey, "open").has_value());
  CHECK_FALSE(get(Bucket::kKey, "later").has_value());
  CHECK(backend->pending_operations() == 0);
  backend->put(Bucket::kKey, "new", "x");
  must(backend->commit_now());
  reopen();
  CHECK(get(Bucket::kKey, "new") == "x");
  CHECK(get(Bucket::kKey, "299").has_value());
}

TEST_CASE_FIXTURE(Fixture, "a damaged snapshot is refused and changes nothing") {
  backend->put(Bucket::kMeta, "k", "1");
  must(replace_file(disk, "/received", "no database, but long enough to be read at all"));
  CHECK(backend->replace_with("/received").error().text() == "/received: invalid database");
  CHECK_FALSE(backend->failure().has_value());
  must(backend->commit_now());
  reopen();
  CHECK(get(Bucket::kMeta, "k") == "1");
}

TEST_CASE_FIXTURE(Fixture, "defragmentation shrinks while reads and writes go on") {
  for (int i = 0; i < 3000; ++i) backend->put(Bucket::kKey, std::to_string(i), Bytes(200, 'x'));
  must(backend->commit_now());
  for (int i = 0; i < 2900; ++i) backend->erase(Bucket::kKey, std::to_string(i));
  must(backend->commit_now());
  backend->put(Bucket::kMeta, "k", "before");
  must(backend->commit_now());
  const uint64_t size = backend->size();
  CHECK(backend->size_in_use() < size / 2);

  const DbSnapshot old = backend->open_snapshot();
  backend->put(Bucket::kMeta, "open", "1");
  std::atomic<bool> is_done = false;
  backend->defragment([&] { is_done = true; });
  backend->put(Bucket::kMeta, "k", "during");
  CHECK(get(Bucket::kKey, "2950").has_value());
  while (!is_done) std::this_thread::yield();
  must(backend->finish_commit());
  CHECK(backend->size() < size / 4);
  CHECK(get(Bucket::kKey, "2950").has_value());
  CHECK(get(Bucket::kMeta, "k") == "during");
  CHECK(get(Bucket::kMeta, "open") == "1");
  must(old.tx().verify());
  must(backend->commit_now());
  reopen();
  CHECK(get(Bucket::kMeta, "k") == "during");
  CHECK(get(Bucket::kMeta, "open") == "1");
  must(backend->defragment_now());
  CHECK(must(disk.list("/")) == std::vector<std::string>{"db"});
}

TEST_CASE_FIXTURE(Fixture, "a defragmentation that can't write leaves all as it was") {
  backend->put(Bucket::kMeta, "k", "1");
  must(backend->commit_now());
  disk.fail_at(4, ENOSPC);
  CHECK_FALSE(backend->defragment_now().has_value());
  CHECK_FALSE(backend->failure().has_value());
  backend->put(Bucket::kMeta, "k", "2");
  must(backend->commit_now());
  reopen();
  CHECK(get(Bucket::kMeta, "k") == "2");
}

TEST_CASE("the hash of a file of etcd 3.4.23 is what its etcdctl prints") {
  const auto db =
      must(bolt::Db::open(real_disk(), "../bolt/testdata/etcd_3_4_23.db", {.read_only = true}));
  CHECK(must(hash(db->begin_read(), HashedKeys::kAll)) == 1832853641);
  CHECK(must(hash(db->begin_read(), HashedKeys::kSameOnAllMembers)) != 1832853641);
}

}  // namespace
}  // namespace argosy::etcd::backend
