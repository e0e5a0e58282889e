#include "parts/update_engine/goodroot/good_root.h"

#include <doctest/doctest.h>

#include "lib/gpt/plan.h"
#include "lib/gpt/slots.h"
#include "lib/gpt/types.h"
#include "sim/disk/sim_disk.h"

namespace argosy::update_engine {
namespace {

constexpr const char* kDisk = "/disk.img";
constexpr gpt::Geometry kGeometry{.sector_bytes = 512, .sectors = 4096};

gpt::Entry slot(uint8_t id, uint64_t first, int priority, int tries, bool is_good) {
  gpt::Entry entry;
  entry.type = gpt::kUsrSlot;
  entry.unique = *gpt::parse_guid("00000000-0000-0000-0000-00000000000" + std::to_string(id));
  entry.first_lba = first;
  entry.last_lba = first + 99;
  entry.attributes.set_priority(priority);
  entry.attributes.set_tries(tries);
  entry.attributes.set_successful(is_good);
  return entry;
}

// Slot 3 was good before; slot 4 was just tried.
void make_disk(Disk& disk) {
  gpt::Table table =
      gpt::empty_table(kGeometry, *gpt::parse_guid("00000000-0000-0000-0000-000000000009"));
  table.entries[2] = slot(3, 1000, 1, 0, true);
  table.entries[3] = slot(4, 2000, 2, 0, false);
  auto file = disk.open(kDisk, {.create = true});
  REQUIRE(file);
  REQUIRE((*file)->truncate(kGeometry.sectors * 512));
  const Bytes zeros(kGeometry.sectors * 512, '\0');
  gpt::Mbr mbr;
  mbr.protect(kGeometry, table);
  const auto found = gpt::inspect(kGeometry, gpt::reader_of(zeros));
  for (const auto& stage : gpt::plan_update(found, table, mbr).stages) {
    for (const gpt::Write& write : stage) REQUIRE((*file)->write_at(write.offset, write.bytes));
  }
  REQUIRE((*file)->sync());
  REQUIRE(disk.sync_directory("/"));
}

gpt::Table table_on(Disk& disk) {
  const auto bytes = read_file(disk, kDisk);
  REQUIRE(bytes);
  const auto found = gpt::inspect(kGeometry, gpt::reader_of(*bytes));
  REQUIRE(found.is_usable());
  return gpt::table_of(found);
}

TEST_CASE("what ran is marked good") {
  sim::SimDisk disk;
  make_disk(disk);
  CHECK_EQ(gpt::slot_for_grub(table_on(disk)), 3);
  REQUIRE(mark_good(disk, {kDisk, 4}));
  const gpt::Table table = table_on(disk);
  CHECK(table.entries[3].attributes.is_successful());
  CHECK_EQ(gpt::slot_for_grub(table), 4);
  CHECK(standing_of(disk, {kDisk, 4})->is_good);
  const uint64_t calls = disk.mutating_calls();
  REQUIRE(mark_good(disk, {kDisk, 4}));
  CHECK_EQ(disk.mutating_calls(), calls);
}

TEST_CASE("what is not good is given up, if there is another") {
  sim::SimDisk disk;
  make_disk(disk);
  REQUIRE(mark_good(disk, {kDisk, 4}));
  REQUIRE(give_up(disk, {kDisk, 4}));
  CHECK_EQ(gpt::slot_for_grub(table_on(disk)), 3);
  const auto last = give_up(disk, {kDisk, 3});
  REQUIRE_FALSE(last);
  CHECK_EQ(last.error().code(), Code::kFailedPrecondition);
  CHECK_EQ(gpt::slot_for_grub(table_on(disk)), 3);
  CHECK_FALSE(mark_good(disk, {kDisk, 5}));
  CHECK_FALSE(mark_good(disk, {kDisk, 500}));
}

TEST_CASE("a crash at any write leaves a table with which a slot boots") {
  for (uint64_t at = 1;; ++at) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      CAPTURE(at);
      CAPTURE(seed);
      sim::SimDisk disk;
      make_disk(disk);
      disk.crash_at(at);
      const auto done = mark_good(disk, {kDisk, 4});
      const bool has_crashed = disk.has_crashed();
      SeededRandom random(seed);
      disk.power_loss(random);
      const auto boots = gpt::slot_for_grub(table_on(disk));
      CHECK((boots == 3 || boots == 4));
      if (!has_crashed) {
        REQUIRE(done);
        CHECK_EQ(boots, 4);
        return;
      }
    }
  }
}

}  // namespace
}  // namespace argosy::update_engine
