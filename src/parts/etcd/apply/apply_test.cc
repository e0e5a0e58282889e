#include <doctest/doctest.h>

#include "base/protowire.h"
#include "parts/etcd/apply/state_machine.h"
#include "parts/etcd/storage/memory_storage.h"

namespace argosy::etcd::apply {
namespace {

struct Bench {
  MemoryStorage storage;
  StateMachine machine{storage, {}};
  Context context{MonotonicTime(seconds(100)), true, 0, 0};

  template <typename Body>
  Result<Response> apply(Body body) {
    return machine.apply({1, std::move(body)}, context);
  }
  Result<Response> put(std::string key, std::string value, int64_t lease = 0) {
    mvcc::PutRequest request;
    request.key = std::move(key);
    request.value = std::move(value);
    request.lease = lease;
    return apply(request);
  }
  size_t count() {
    mvcc::RangeRequest all;
    all.key = std::string("\0", 1);
    all.range_end = std::string("\0", 1);
    return static_cast<size_t>(std::get<mvcc::RangeResponse>(*apply(all)).count);
  }
};

TEST_CASE("an entry is read as what it was written") {
  const auto entry = decode_entry(encode_entry(77, kLeaseGrantField, encode(LeaseGrant{60, 5})));
  REQUIRE(entry.has_value());
  CHECK(entry->id == 77);
  CHECK(std::get<LeaseGrant>(entry->body).ttl == 60);
  const auto v2 = decode_entry(encode_v2({9, "PUT", "/0/version", "3.4.0"}));
  REQUIRE(v2.has_value());
  CHECK(v2->id == 9);
  CHECK(std::get<V2Request>(v2->body).path == "/0/version");
  CHECK(std::get<V2Request>(v2->body).value == "3.4.0");
}

TEST_CASE("an old entry has its id bare; an unknown one says which field") {
  Bytes bare;
  protowire::Writer writer(bare);
  writer.uint64(1, 5);
  writer.bytes(kLeaseRevokeField, encode(LeaseRevoke{3}));
  CHECK(decode_entry(bare)->id == 5);
  Bytes auth;
  protowire::Writer(auth).bytes(1000, "");
  CHECK(std::get<Unsupported>(decode_entry(auth)->body).field == 1000);
  CHECK(!decode_entry("\xff\xff").has_value());
  CHECK(!decode_entry(Bytes("\x22\x05zz", 4)).has_value());
}

TEST_CASE("a revoked lease takes its keys along in one revision") {
  Bench bench;
  REQUIRE(bench.apply(LeaseGrant{60, 5}).has_value());
  REQUIRE(bench.put("a", "1", 5).has_value());
  REQUIRE(bench.put("b", "1", 5).has_value());
  REQUIRE(bench.put("c", "1").has_value());
  const int64_t before = bench.machine.store().revision();
  REQUIRE(bench.apply(LeaseRevoke{5}).has_value());
  CHECK(bench.machine.store().revision() == before + 1);
  CHECK(bench.count() == 1);
  CHECK(bench.apply(LeaseRevoke{5}).error().message() == "etcdserver: requested lease not found");
  CHECK(bench.put("d", "1", 5).error().message() == "etcdserver: requested lease not found");
  CHECK(bench.machine.totals().puts == 3);
  CHECK(bench.machine.totals().deletes == 2);
}

TEST_CASE("a write over the quota is made and refused; the alarm then refuses writes") {
  Bench bench;
  bench.context.quota = 1000;
  bench.context.backend_size = 900;
  CHECK(bench.put("a", "1").error().message() == "etcdserver: mvcc: database space exceeded");
  CHECK(bench.count() == 1);
  REQUIRE(bench.apply(AlarmRequest{AlarmAction::kActivate, 7, AlarmType::kNoSpace}).has_value());
  bench.context.backend_size = 0;
  CHECK(!bench.put("b", "1").has_value());
  CHECK(!bench.apply(LeaseGrant{60, 5}).has_value());
  CHECK(bench.count() == 1);
  mvcc::DeleteRangeRequest erase;
  erase.key = "a";
  CHECK(bench.apply(erase).has_value());
  CHECK(bench.apply(wire::CompactionRequest{2, false}).has_value());
  REQUIRE(bench.apply(AlarmRequest{AlarmAction::kDeactivate, 7, AlarmType::kNoSpace}).has_value());
  CHECK(bench.put("b", "1").has_value());
}

TEST_CASE("a corrupt cluster answers nothing") {
  Bench bench;
  REQUIRE(bench.apply(AlarmRequest{AlarmAction::kActivate, 1, AlarmType::kCorrupt}).has_value());
  CHECK(bench.put("a", "1").error().code() == Code::kDataLoss);
  CHECK(!bench.apply(mvcc::RangeRequest{}).has_value());
  CHECK(!bench.apply(LeaseRevoke{1}).has_value());
}

TEST_CASE("alarms are listed, and survive in the storage") {
  Bench bench;
  REQUIRE(bench.apply(AlarmRequest{AlarmAction::kActivate, 1, AlarmType::kNoSpace}).has_value());
  REQUIRE(bench.apply(AlarmRequest{AlarmAction::kActivate, 2, AlarmType::kCorrupt}).has_value());
  const auto all = bench.apply(AlarmRequest{});
  CHECK(std::get<AlarmResult>(*all).alarms.size() == 2);
  Alarms again(bench.storage);
  CHECK(again.list(AlarmType::kNoSpace) == std::vector<Alarm>{{1, AlarmType::kNoSpace}});
  CHECK(again.is_raised(AlarmType::kCorrupt));
}

TEST_CASE("what nobody waits for is not read") {
  Bench bench;
  bench.context.is_awaited = false;
  const auto response = bench.apply(mvcc::RangeRequest{});
  CHECK(std::holds_alternative<std::monostate>(*response));
}

}  // namespace
}  // namespace argosy::etcd::apply
