#include "parts/etcd/lease/lessor.h"

#include <doctest/doctest.h>
#include <map>

#include "parts/etcd/lease/lease_record.h"
#include "parts/etcd/storage/memory_storage.h"

namespace argosy::etcd::lease {
namespace {

MonotonicTime at(Duration since_start) {
  return MonotonicTime(since_start);
}

const LeaseId kA{0x1234}, kB{0x77}, kC{-5};

struct Fixture {
  MemoryStorage storage;
  Lessor lessor{storage, {}};
};

}  // namespace

TEST_CASE("records in the form of leasepb.Lease") {
  CHECK(to_hex(lease_key(kA)) == "0000000000001234");
  CHECK(to_hex(encode({kA, 60, 0})) == "08b424103c");
  CHECK(to_hex(encode({kA, 60, 7})) == "08b424103c1807");
  for (const LeaseRecord& record : {LeaseRecord{kA, 60, 7}, LeaseRecord{kC, 2, 0}}) {
    CHECK(decode_lease_record(encode(record)) == record);
  }
  CHECK(!decode_lease_record("\x08"));
}

TEST_CASE_FIXTURE(Fixture, "granting") {
  CHECK(lessor.grant(kA, 60, at({}))->ttl == 60);
  CHECK(lessor.grant(kB, 1, at({}))->ttl == 2);
  CHECK(lessor.grant(kC, kMaxTtl, at({}))->ttl == kMaxTtl);
  const auto again = lessor.grant(kA, 60, at({}));
  CHECK(again.error().message() == "etcdserver: lease already exists");
  CHECK(again.error().code() == Code::kFailedPrecondition);
  const auto large = lessor.grant(kA, kMaxTtl + 1, at({}));
  CHECK(large.error().message() == "etcdserver: too large lease TTL");
  CHECK(large.error().code() == Code::kOutOfRange);
  const auto none = lessor.grant(kNoLease, 60, at({}));
  CHECK(none.error().message() == "etcdserver: requested lease not found");
  CHECK(none.error().code() == Code::kNotFound);
  CHECK(storage.get(Bucket::kLease, lease_key(kA)) == encode({kA, 60, 0}));
}

TEST_CASE_FIXTURE(Fixture, "keys hang on one lease and come back sorted") {
  CHECK(!lessor.attach(kA, "x"));
  CHECK(lessor.grant(kA, 60, at({})).has_value());
  CHECK(lessor.grant(kB, 60, at({})).has_value());
  for (const char* key : {"z", "a", "m"}) CHECK(lessor.attach(kA, key));
  CHECK(lessor.attach(kB, "m"));
  CHECK(lessor.lease_of("m") == kB);
  CHECK(lessor.lease_of("q") == kNoLease);
  lessor.detach(kA, "m");
  CHECK(lessor.lease_of("m") == kB);
  CHECK(*lessor.keys_to_revoke(kA) == std::vector<Bytes>{"a", "z"});
  CHECK(lessor.time_to_live(kA, true, at({}))->keys == std::vector<Bytes>{"a", "z"});
  CHECK(lessor.time_to_live(kA, false, at({}))->keys.empty());
  lessor.forget(kA);
  CHECK(!lessor.has(kA));
  CHECK(lessor.lease_of("a") == kNoLease);
  CHECK(!storage.get(Bucket::kLease, lease_key(kA)));
  CHECK(lessor.keys_to_revoke(kA).error().code() == Code::kNotFound);
  lessor.forget(kA);
}

TEST_CASE_FIXTURE(Fixture, "only a primary counts time") {
  CHECK(lessor.grant(kA, 10, at({})).has_value());
  CHECK(lessor.expired(at(hours(1000))).empty());
  CHECK(lessor.renew(kA, at({}))->result == Renewal::kNotPrimary);
  CHECK(!lessor.next_deadline());

  lessor.promote(seconds(1), at(seconds(100)));
  CHECK(lessor.next_deadline() == at(seconds(111)));
  CHECK(lessor.time_to_live(kA, false, at(milliseconds(100'500)))->remaining == 10);
  CHECK(lessor.expired(at(milliseconds(110'999))).empty());
  CHECK(lessor.renew(kA, at(seconds(105)))->ttl == 10);
  CHECK(lessor.expired(at(seconds(111))).empty());
  CHECK(lessor.expired(at(seconds(115))) == std::vector{kA});
  CHECK(lessor.renew(kA, at(seconds(115)))->result == Renewal::kExpired);
  CHECK(lessor.time_to_live(kA, false, at(milliseconds(116'500)))->remaining == -1);
  // Named again only after a while.
  CHECK(lessor.expired(at(milliseconds(117'999))).empty());
  CHECK(lessor.expired(at(seconds(118))) == std::vector{kA});
  lessor.forget(kA);
  CHECK(lessor.expired(at(seconds(200))).empty());
  CHECK(lessor.renew(kA, at({})).error().code() == Code::kNotFound);

  CHECK(lessor.grant(kB, 10, at(seconds(200))).has_value());
  lessor.demote();
  CHECK(lessor.expired(at(hours(1000))).empty());
  CHECK(lessor.time_to_live(kB, false, at({}))->remaining == 9'223'372'036);
}

TEST_CASE_FIXTURE(Fixture, "a lease granted again is a new one") {
  lessor.promote({}, at({}));
  for (int i = 0; i < 1000; i++) {
    CHECK(lessor.grant(kA, 10 + i % 2, at(seconds(i))).has_value());
    lessor.forget(kA);
  }
  CHECK(lessor.grant(kA, 100, at(seconds(1000))).has_value());
  CHECK(lessor.expired(at(seconds(1099))).empty());
  CHECK(lessor.expired(at(seconds(1100))) == std::vector{kA});
}

TEST_CASE_FIXTURE(Fixture, "the list begins with what expires first") {
  lessor.promote({}, at({}));
  CHECK(lessor.grant(kA, 30, at({})).has_value());
  CHECK(lessor.grant(kB, 10, at({})).has_value());
  CHECK(lessor.grant(kC, kMaxTtl, at({})).has_value());
  CHECK(lessor.list() == std::vector{kB, kA, kC});
  CHECK(lessor.renew(kA, at(seconds(5))).has_value());
  CHECK(lessor.renew(kB, at(seconds(9))).has_value());
  CHECK(lessor.list() == std::vector{kB, kA, kC});
  CHECK(lessor.renew(kC, at(seconds(9))).has_value());
  lessor.forget(kB);
  CHECK(lessor.list() == std::vector{kA, kC});
}

TEST_CASE("leases survive a restart; remaining times only if they are persisted") {
  for (const bool persists : {false, true}) {
    MemoryStorage storage;
    const LessorOptions options{.checkpoints = true, .persist_checkpoints = persists};
    Lessor lessor(storage, options);
    CHECK(lessor.grant(kA, 600, at({})).has_value());
    lessor.checkpoint({kA, 50}, at({}));
    lessor.checkpoint({kB, 50}, at({}));
    Lessor again(storage, {.min_ttl = 5, .checkpoints = true});
    CHECK(again.size() == 1);
    again.promote({}, at({}));
    CHECK(again.time_to_live(kA, false, at({}))->granted_ttl == 600);
    CHECK(again.time_to_live(kA, false, at({}))->remaining == (persists ? 50 : 600));
    // Renewing gives the whole time and wants the record cleared.
    const auto renewed = again.renew(kA, at(seconds(1)));
    CHECK(renewed->needs_checkpoint_reset == persists);
    CHECK(again.time_to_live(kA, false, at(seconds(1)))->remaining == 600);
  }
}

TEST_CASE("checkpoints are due every five minutes") {
  MemoryStorage storage;
  Lessor lessor(storage, {.checkpoints = true});
  lessor.promote({}, at({}));
  CHECK(lessor.grant(kA, 1000, at({})).has_value());
  CHECK(lessor.grant(kB, 300, at({})).has_value());
  CHECK(lessor.due_checkpoints(at(seconds(299))).empty());
  auto due = lessor.due_checkpoints(at(milliseconds(300'500)));
  REQUIRE(due.size() == 1);
  CHECK(due[0].id == kA);
  CHECK(due[0].remaining_ttl == 700);
  CHECK(lessor.due_checkpoints(at(seconds(700))).empty());
  lessor.checkpoint(due[0], at(seconds(301)));
  lessor.checkpoint(due[0], at(seconds(302)));
  due = lessor.due_checkpoints(at(seconds(602)));
  REQUIRE(due.size() == 1);
  CHECK(due[0].remaining_ttl == 398);
  CHECK(lessor.due_checkpoints(at(seconds(903))).empty());
}

TEST_CASE("after a promotion a pile of leases is spread") {
  MemoryStorage storage;
  Lessor lessor(storage, {});
  constexpr int64_t kCount = 5000;
  for (int64_t id = 1; id <= kCount; id++) {
    CHECK(lessor.grant(LeaseId(id), 10, at({})).has_value());
  }
  lessor.promote(seconds(1), at({}));
  std::map<int64_t, size_t> per_second;
  for (int64_t id = 1; id <= kCount; id++) {
    const int64_t left = lessor.time_to_live(LeaseId(id), false, at({}))->remaining;
    CHECK(left >= 11);
    per_second[left]++;
  }
  for (const auto& [second, count] : per_second) CHECK(count <= kRevokeRate);
  // And no more than half a second's worth is named at a time.
  CHECK(lessor.expired(at(hours(1))).size() == kRevokeRate / 2);
}

TEST_CASE_FIXTURE(Fixture, "renewing may shorten a lease that a promotion has extended") {
  CHECK(lessor.grant(kA, 10, at({})).has_value());
  lessor.promote(seconds(60), at({}));
  CHECK(lessor.renew(kA, at(seconds(1)))->ttl == 10);
  CHECK(lessor.expired(at(seconds(11))) == std::vector{kA});
  CHECK(lessor.expired(at(milliseconds(13'900))).empty());
  CHECK(lessor.expired(at(seconds(14))) == std::vector{kA});
  CHECK(lessor.expired(at(seconds(70))) == std::vector{kA});
  CHECK(lessor.expired(at(seconds(70))).empty());
}

TEST_CASE("few leases are not spread") {
  MemoryStorage storage;
  Lessor lessor(storage, {});
  for (int64_t id = 1; id < 1000; id++) {
    CHECK(lessor.grant(LeaseId(id), 10, at({})).has_value());
  }
  lessor.promote(seconds(1), at({}));
  CHECK(lessor.expired(at(seconds(11)), 5000).size() == 999);
}

}  // namespace argosy::etcd::lease
