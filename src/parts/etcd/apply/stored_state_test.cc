#include "parts/etcd/apply/stored_state.h"

#include <doctest/doctest.h>

#include "parts/etcd/apply/state_machine.h"
#include "parts/etcd/mvcc/meta_keys.h"
#include "parts/etcd/storage/memory_storage.h"

namespace argosy::etcd::apply {
namespace {

// What a state machine has written: a key, a lease, an alarm.
void fill(MemoryStorage& storage) {
  StateMachine machine(storage, {});
  const Context context{MonotonicTime(seconds(100)), true, 0, 0};
  mvcc::PutRequest put;
  put.key = "k";
  put.value = "v";
  REQUIRE(machine.apply({1, put}, context).has_value());
  REQUIRE(machine.apply({2, LeaseGrant{60, 5}}, context).has_value());
  REQUIRE(machine.apply({3, AlarmRequest{AlarmAction::kActivate, 7, AlarmType::kNoSpace}}, context)
              .has_value());
}

std::string error_of(Storage& storage) {
  const auto sound = check_stored_state(storage);
  return sound ? "" : sound.error().text();
}

constexpr std::string_view kLeaseKey("\0\0\0\0\0\0\0\x05", 8);

}  // namespace

TEST_CASE("what was written is sound") {
  MemoryStorage storage;
  CHECK(error_of(storage).empty());
  fill(storage);
  CHECK(error_of(storage).empty());
}

TEST_CASE("damage in the small buckets names bucket and key") {
  struct Row {
    Bucket bucket;
    Bytes key;
    Bytes value;
    std::string text;
  };
  const std::vector<Row> rows = {
      {Bucket::kMeta, Bytes(mvcc::kConsistentIndex), "short",
       "bucket meta: the entry of key 636f6e73697374656e745f696e646578 is damaged"},
      {Bucket::kMeta, Bytes(mvcc::kFinishedCompactRevision), "x",
       "bucket meta: the entry of key 66696e6973686564436f6d70616374526576 is damaged"},
      {Bucket::kLease, Bytes(kLeaseKey), Bytes("\x08\x06\x10\x3c"),
       "bucket lease: the entry of key 0000000000000005 is damaged"},
      {Bucket::kLease, Bytes(kLeaseKey), Bytes("\x08"),
       "bucket lease: the entry of key 0000000000000005 is damaged"},
      {Bucket::kAlarm, Bytes("\x0a\x05"), "", "bucket alarm: the entry of key 0a05 is damaged"},
  };
  for (const Row& row : rows) {
    MemoryStorage storage;
    fill(storage);
    storage.put(row.bucket, row.key, row.value);
    CHECK(error_of(storage) == row.text);
  }
}

TEST_CASE("the store judges its own bucket while it loads") {
  // Revision 2, and a KeyValue {1 key, 2 create, 3 mod, 4 version, 5 value}.
  const Bytes revision("\0\0\0\0\0\0\0\2_\0\0\0\0\0\0\0\0", 17);
  const Bytes good("\x0a\1k\x10\2\x18\2\x20\1\x2a\1v");
  struct Row {
    Bytes key;
    Bytes value;
    bool is_sound;
  };
  Bytes other_mark = revision;
  other_mark[8] = '-';
  const std::vector<Row> rows = {
      {revision, good, true},
      {other_mark, good, false},
      {revision.substr(0, 16), good, false},
      {revision, good.substr(0, good.size() - 1), false},
      {revision, Bytes("\x0a\1k\x10\2\x18\3\x20\1\x2a\1v"), false},  // of revision 3
      {revision, Bytes("\x0a\1k\x10\3\x18\2\x20\1\x2a\1v"), false},  // created later
      {revision, Bytes("\x0a\1k\x10\2\x18\2\x2a\1v"), false},        // version 0
      {revision, Bytes("\x10\2\x18\2\x20\1\x2a\1v"), false},         // no key
  };
  for (const Row& row : rows) {
    MemoryStorage storage;
    storage.put(Bucket::kKey, row.key, row.value);
    const StateMachine machine(storage, {});
    CHECK(!machine.store().damage().has_value() == row.is_sound);
  }
}

}  // namespace argosy::etcd::apply
