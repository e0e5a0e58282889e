#include "parts/update_engine/store/store.h"

#include <doctest/doctest.h>

#include "sim/disk/sim_disk.h"
#include "sys/crypto/digest.h"

namespace argosy::update_engine {
namespace {

constexpr const char* kDirectory = "/prefs";
constexpr const char* kHash = "cGF5bG9hZA==";

payload::Checkpoint checkpoint(uint64_t operation) {
  Sha256 all;
  all.update(to_pref(static_cast<int64_t>(operation)));
  return {.next_operation = operation,
          .next_data_offset = operation * 1000,
          .metadata_size = 77,
          .metadata_sha256 = sha256("metadata"),
          .sha256_state = all.save(),
          .signed_sha256_state = all.save()};
}

bool is_equal(const payload::Checkpoint& a, const payload::Checkpoint& b) {
  return a.next_operation == b.next_operation && a.next_data_offset == b.next_data_offset &&
         a.metadata_size == b.metadata_size && a.metadata_sha256 == b.metadata_sha256 &&
         a.sha256_state == b.sha256_state && a.signed_sha256_state == b.signed_sha256_state;
}

Store open(Disk& disk) {
  auto store = Store::open(disk, kDirectory);
  REQUIRE(store);
  return *std::move(store);
}

TEST_CASE("a key is a file with the value and nothing else") {
  sim::SimDisk disk;
  Store store = open(disk);
  CHECK_FALSE(store.has("previous-version"));
  REQUIRE(store.write("previous-version", "1.2.3"));
  REQUIRE(store.write_number("payload-attempt-number", -7));
  CHECK_EQ(*read_file(disk, "/prefs/previous-version"), "1.2.3");
  CHECK_EQ(*read_file(disk, "/prefs/payload-attempt-number"), "-7");
  CHECK_EQ(store.read_number("payload-attempt-number"), -7);
  CHECK_FALSE(store.read_number("previous-version"));
  REQUIRE(store.remove("previous-version"));
  REQUIRE(store.remove("previous-version"));
  CHECK_FALSE(store.has("previous-version"));
}

TEST_CASE("a checkpoint is for the payload that it was made of") {
  sim::SimDisk disk;
  Store store = open(disk);
  REQUIRE(store.begin(kHash));
  CHECK_FALSE(store.resumable(kHash));
  REQUIRE(store.save(checkpoint(5), true));
  REQUIRE(store.resumable(kHash));
  CHECK(is_equal(*store.resumable(kHash), checkpoint(5)));
  CHECK_EQ(store.read_number(prefs::kNextOperation), 5);
  CHECK_FALSE(store.resumable("b3RoZXI="));
  CHECK_FALSE(store.resumable(""));
  REQUIRE(store.forget_progress());
  CHECK_FALSE(store.resumable(kHash));
}

TEST_CASE("the original does not go on with a delta, and starts anew") {
  sim::SimDisk disk;
  Store store = open(disk);
  REQUIRE(store.begin(kHash));
  REQUIRE(store.save(checkpoint(5), false));
  CHECK_EQ(store.read_number(prefs::kNextOperation), kNoOperation);
  CHECK(store.resumable(kHash));
}

TEST_CASE("a checkpoint that another program has changed is none") {
  for (const std::string_view key :
       {prefs::kNextDataOffset, prefs::kManifestMetadataSize, prefs::kSha256Context,
        prefs::kSignedSha256Context, prefs::kSeal}) {
    CAPTURE(key);
    sim::SimDisk disk;
    Store store = open(disk);
    REQUIRE(store.begin(kHash));
    REQUIRE(store.save(checkpoint(5), true));
    REQUIRE(store.write(key, "12"));
    CHECK_FALSE(store.resumable(kHash));
  }
}

TEST_CASE("an update is not resumed for ever") {
  sim::SimDisk disk;
  Store store = open(disk);
  REQUIRE(store.begin(kHash));
  REQUIRE(store.save(checkpoint(5), true));
  int resumed = 0;
  while (store.resumable(kHash)) {
    REQUIRE(store.count_resumption());
    REQUIRE(++resumed < 100);
  }
  CHECK_EQ(resumed, kMaxResumedFailures + 1);
}

// Whatever of the writes is left after a crash, what is taken up is a whole checkpoint.
TEST_CASE("a crash at any write of a checkpoint") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    for (uint64_t at = 1;; ++at) {
      sim::SimDisk disk;
      SeededRandom random(seed * 1000 + at);
      {
        Store store = open(disk);
        REQUIRE(store.begin(kHash));
        REQUIRE(store.save(checkpoint(5), true));
        REQUIRE(disk.sync_directory("/"));
        disk.crash_at(at);
        (void)store.save(checkpoint(9), true);
      }
      const bool has_crashed = disk.has_crashed();
      disk.power_loss(random);
      const Store store = open(disk);
      const auto found = store.resumable(kHash);
      CAPTURE(seed);
      CAPTURE(at);
      if (found) CHECK((is_equal(*found, checkpoint(5)) || is_equal(*found, checkpoint(9))));
      // What the original goes by: no operation, or one with its own offset.
      const auto operation = store.read_number(prefs::kNextOperation);
      REQUIRE(operation);
      if (*operation > 0) {
        CHECK_EQ(store.read_number(prefs::kNextDataOffset), *operation * 1000);
        CHECK_EQ(store.read(prefs::kSha256Context),
                 checkpoint(static_cast<uint64_t>(*operation)).sha256_state);
      }
      if (!has_crashed) {
        REQUIRE(found);
        CHECK_EQ(found->next_operation, 9);
        break;
      }
    }
  }
}

TEST_CASE("what a crash left half written is cleared") {
  sim::SimDisk disk;
  REQUIRE(disk.make_directories(kDirectory, 0700));
  REQUIRE(disk.open("/prefs/aleph-version.tmp", {.create = true}));
  (void)open(disk);
  CHECK_FALSE(exists(disk, "/prefs/aleph-version.tmp"));
}

}  // namespace
}  // namespace argosy::update_engine
