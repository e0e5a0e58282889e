// Damage of every kind: what is found, and what the repair makes of it.
#include "lib/gpt/inspect.h"

#include <doctest/doctest.h>

#include "base/format.h"
#include "lib/gpt/crc32.h"
#include "lib/gpt/memory_disk_test.h"
#include "lib/gpt/seeds_test.h"

using namespace argosy;
using namespace argosy::gpt;

namespace {

Table two_slots(const Geometry& disk) {
  SeededRandom random(7);
  Table table = empty_table(disk, any_guid(random));
  check(put(table, 1, any_entry(random, 100, 119)).has_value());
  check(put(table, 2, any_entry(random, 120, 139)).has_value());
  return table;
}

MemoryDisk disk_with_table(uint32_t sector_bytes = 512) {
  MemoryDisk disk({sector_bytes, 300});
  disk.store(two_slots(disk.geometry));
  return disk;
}

void repair(MemoryDisk& disk) {
  const Inspection now = disk.look();
  const Table table = repaired(now);
  Mbr mbr = now.mbr.value();
  mbr.protect(now.disk, table);
  disk.apply(plan_update(now, table, mbr));
}

// The header with some field changed and its checksum made right again.
void edit_header(MemoryDisk& disk, uint64_t lba, size_t field, uint64_t value, size_t width) {
  char* sector = disk.bytes.data() + lba * disk.geometry.sector_bytes;
  if (width == 4) store_le32(sector + field, static_cast<uint32_t>(value));
  if (width == 8) store_le64(sector + field, value);
  store_le32(sector + kHeaderCrc, header_crc_of({sector, disk.geometry.sector_bytes}));
}

// The table of one copy with some bytes changed and all checksums made right again.
void edit_table(MemoryDisk& disk, uint64_t header_lba, uint64_t offset, uint64_t value) {
  char* sector = disk.bytes.data() + header_lba * disk.geometry.sector_bytes;
  const uint64_t at = load_le64(sector + kHeaderTableLba) * disk.geometry.sector_bytes;
  store_le64(disk.bytes.data() + at + offset, value);
  edit_header(disk, header_lba, kHeaderTableCrc, crc32(BytesView(disk.bytes).substr(at, 128 * 128)),
              4);
}

}  // namespace

TEST_CASE("a sound table of either sector size is clean") {
  for (const uint32_t sector_bytes : {512U, 4096U}) {
    MemoryDisk disk = disk_with_table(sector_bytes);
    const Inspection found = disk.look();
    CHECK(found.is_clean());
    CHECK(table_of(found) == two_slots(disk.geometry));
    CHECK(repaired(found) == table_of(found));
    CHECK(found.mbr->text() == "Protective MBR");
    const Bytes before = disk.bytes;
    repair(disk);
    CHECK(disk.bytes == before);
  }
}

TEST_CASE("disks that can have no table") {
  CHECK(inspect({520, 300}, reader_of("")).verdict == Verdict::kBadSectorSize);
  CHECK(inspect({512, 66}, reader_of("")).verdict == Verdict::kTooSmall);
  CHECK(inspect({512, 0}, reader_of("")).verdict == Verdict::kTooSmall);
  CHECK(inspect({512, 300}, reader_of("")).verdict == Verdict::kNoHeader);
  CHECK(MemoryDisk({512, 300}).look().verdict == Verdict::kNoHeader);
  for (const Verdict verdict : {Verdict::kUsable, Verdict::kBadSectorSize, Verdict::kTooSmall,
                                Verdict::kNoHeader, Verdict::kNoTable}) {
    CHECK_FALSE(text_of(verdict).empty());
  }
}

TEST_CASE("every field of a header is judged") {
  struct Case {
    size_t field;
    uint64_t value;
    size_t width;
    Defect defect;
  };
  const Case cases[] = {
      {0, 0, 8, Defect::kSignature},
      {kHeaderRevision, 0x00020000, 4, Defect::kRevision},
      {kHeaderSize, 91, 4, Defect::kHeaderBytes},
      {kHeaderSize, 513, 4, Defect::kHeaderBytes},
      {kHeaderReserved, 1, 4, Defect::kReserved},
      {kHeaderOwnLba, 2, 8, Defect::kOwnPlace},
      {kHeaderFirstUsable, 33, 8, Defect::kUsableRange},
      {kHeaderFirstUsable, 280, 8, Defect::kUsableRange},
      {kHeaderLastUsable, 267, 8, Defect::kUsableRange},
      {kHeaderLastUsable, ~uint64_t{0}, 8, Defect::kUsableRange},
      {kHeaderTableLba, 1, 8, Defect::kTablePlace},
      {kHeaderTableLba, 3, 8, Defect::kTablePlace},
      {kHeaderTableLba, ~uint64_t{0}, 8, Defect::kTablePlace},
      {kHeaderEntryCount, 0, 4, Defect::kEntryCount},
      {kHeaderEntryCount, 8193, 4, Defect::kEntryCount},
      {kHeaderEntryBytes, 64, 4, Defect::kEntryBytes},
      {kHeaderEntryBytes, 192, 4, Defect::kEntryBytes},
      {kHeaderEntryBytes, 8192, 4, Defect::kEntryBytes},
  };
  for (const Case& test : cases) {
    CAPTURE(test.field);
    MemoryDisk disk = disk_with_table();
    edit_header(disk, 1, test.field, test.value, test.width);
    Inspection found = disk.look();
    CHECK(found.primary.header_defect == test.defect);
    CHECK(found.is_usable());
    CHECK(table_of(found) == two_slots(disk.geometry));
    repair(disk);
    CHECK(disk.look().is_clean());
    CHECK(table_of(disk.look()) == two_slots(disk.geometry));
  }
}

TEST_CASE("a flipped byte anywhere in one copy is found and repaired from the other") {
  for (const uint32_t sector_bytes : {512U, 4096U}) {
    const MemoryDisk sound = disk_with_table(sector_bytes);
    const uint64_t end = sound.bytes.size();
    std::vector<uint64_t> places;
    for (const uint64_t header : {uint64_t{sector_bytes}, end - sector_bytes}) {
      for (uint64_t i = 0; i < kHeaderBytes; ++i) places.push_back(header + i);
    }
    for (const uint64_t table : {uint64_t{2} * sector_bytes, end - sector_bytes - 128 * 128}) {
      for (uint64_t i = 0; i < 128 * 128; i += 97) places.push_back(table + i);
    }
    for (const uint64_t place : places) {
      CAPTURE(place);
      MemoryDisk disk = sound;
      disk.flip(place);
      const Inspection found = disk.look();
      CHECK(found.is_usable());
      CHECK_FALSE(found.is_clean());
      CHECK(table_of(found) == two_slots(disk.geometry));
      repair(disk);
      CHECK(disk.bytes == sound.bytes);
    }
  }
}

TEST_CASE("header of one copy, table of the other") {
  const MemoryDisk sound = disk_with_table();
  const uint64_t last = 299 * 512;
  for (const bool primary_header : {true, false}) {
    MemoryDisk disk = sound;
    disk.flip(primary_header ? last + 60 : 512 + 60);
    disk.flip(primary_header ? 2 * 512 + 5 : last - 5);
    const Inspection found = disk.look();
    REQUIRE(found.is_usable());
    CHECK_FALSE(found.primary.is_sound());
    CHECK_FALSE(found.backup.is_sound());
    CHECK(found.primary.has_sound_header() == primary_header);
    CHECK(found.backup.has_sound_table() == primary_header);
    repair(disk);
    CHECK(disk.bytes == sound.bytes);
  }
}

TEST_CASE("both headers or both tables bad: nothing to trust") {
  MemoryDisk disk = disk_with_table();
  disk.flip(512 + 30);
  disk.flip(299 * 512 + 30);
  CHECK(disk.look().verdict == Verdict::kNoHeader);
  disk = disk_with_table();
  disk.flip(2 * 512 + 30);
  disk.flip(298 * 512 + 30);
  CHECK(disk.look().verdict == Verdict::kNoTable);
  CHECK(disk.look().primary.table_defect == Defect::kTableCrc);
}

TEST_CASE("partitions that cannot be are damage, whatever the checksum says") {
  const auto defect_after = [](size_t offset, uint64_t value) {
    MemoryDisk disk = disk_with_table();
    edit_table(disk, 1, offset, value);
    edit_table(disk, 299, offset, value);
    const Inspection found = disk.look();
    CHECK(found.verdict == Verdict::kNoTable);
    CHECK(found.backup.table_defect == found.primary.table_defect);
    return found.primary.table_defect;
  };
  CHECK(defect_after(kEntryFirstLba, 33) == Defect::kOutsideUsable);
  CHECK(defect_after(kEntryFirstLba, 120) == Defect::kOutsideUsable);
  CHECK(defect_after(kEntryLastLba, ~uint64_t{0}) == Defect::kOutsideUsable);
  CHECK(defect_after(128 + kEntryFirstLba, 119) == Defect::kLastInsideOther);
  CHECK(defect_after(kEntryLastLba, 120) == Defect::kLastInsideOther);
}

TEST_CASE("of two sound and different copies the primary counts") {
  MemoryDisk disk = disk_with_table();
  edit_table(disk, 299, kEntryAttributes, 1);
  Inspection found = disk.look();
  CHECK(found.primary.is_sound());
  CHECK(found.backup.header_defect == Defect::kDiffersFromPrimary);
  CHECK(table_of(found) == two_slots(disk.geometry));
  // Unless its header and its table are not of one writing.
  disk = disk_with_table();
  const Table before = two_slots(disk.geometry);
  edit_table(disk, 299, kEntryAttributes, 1);
  disk.flip(2 * 512 + 130);
  found = disk.look();
  CHECK(found.backup.is_sound());
  CHECK_FALSE(found.primary.has_sound_header());
  Table expected = before;
  expected.entries[0].attributes = Attributes(1);
  CHECK(table_of(found) == expected);
}

TEST_CASE("a disk that has grown gets its backup at the new end") {
  for (const uint64_t more : {1U, 10U, 33U, 500U}) {
    CAPTURE(more);
    MemoryDisk disk = disk_with_table();
    disk.grow(more);
    const Inspection found = disk.look();
    CHECK(found.primary.is_sound());
    CHECK_FALSE(found.backup.is_sound());
    Table expected = two_slots({512, 300});
    CHECK(table_of(found) == expected);
    reach_to_end(expected, disk.geometry);
    repair(disk);
    CHECK(disk.look().is_clean());
    CHECK(table_of(disk.look()) == expected);
    CHECK(load_le64(disk.bytes.data() + 512 + kHeaderOtherLba) == 299 + more);
  }
}

TEST_CASE("a grown disk whose primary table is bad has its backup at the old end") {
  MemoryDisk disk = disk_with_table();
  disk.grow(500);
  disk.flip(2 * 512 + 40);
  const Inspection found = disk.look();
  REQUIRE(found.is_usable());
  CHECK(found.old_backup);
  CHECK(table_of(found) == two_slots({512, 300}));
  repair(disk);
  CHECK(disk.look().is_clean());
  CHECK(table_of(disk.look()).last_usable == 766);
}

TEST_CASE("a disk that has shrunk below its table is not touched") {
  MemoryDisk disk = disk_with_table();
  disk.geometry.sectors = 290;
  disk.bytes.resize(290 * 512);
  const Inspection found = disk.look();
  CHECK(found.verdict == Verdict::kNoHeader);
  CHECK(found.primary.header_defect == Defect::kUsableRange);
}

TEST_CASE("tables of other sizes and places, as other tools make them") {
  MemoryDisk disk({512, 3000});
  Table table = empty_table(disk.geometry, kEfiSystem);
  table.entries.resize(512);
  table.entry_bytes = 256;
  table.primary_table_lba = 1000;
  table.first_usable = 1400;
  reach_to_end(table, disk.geometry);
  SeededRandom random(3);
  REQUIRE(put(table, 500, any_entry(random, 1500, 1600)));
  disk.store(table);
  CHECK(disk.look().is_clean());
  CHECK(table_of(disk.look()) == table);
  table = empty_table(disk.geometry, kEfiSystem);
  table.entries.resize(3);
  reach_to_end(table, disk.geometry);
  disk.store(table);
  CHECK(disk.look().is_clean());
  CHECK(table_of(disk.look()) == table);
}

TEST_CASE("sectors that cannot be read are damage like any other") {
  const MemoryDisk disk = disk_with_table();
  for (const uint64_t bad : {0U, 1U, 5U, 280U, 299U}) {
    CAPTURE(bad);
    const ReadAt read = [&](uint64_t offset, uint64_t size) -> Result<Bytes> {
      if (offset <= bad * 512 && bad * 512 < offset + size) {
        return fail(Code::kDataLoss, "input/output error");
      }
      return Bytes(disk.bytes.substr(offset, size));
    };
    const Inspection found = inspect(disk.geometry, read);
    CHECK(found.is_usable());
    CHECK(found.mbr.has_value() == (bad != 0));
    CHECK(found.is_clean() == (bad == 0));
    CHECK(table_of(found) == two_slots(disk.geometry));
    const Plan plan = plan_update(found, table_of(found), disk.look().mbr);
    CHECK_FALSE(plan.is_empty());
  }
}

TEST_CASE("each defect has a text") {
  for (int i = 0; i <= static_cast<int>(Defect::kSameGuid); ++i) {
    CHECK_FALSE(text_of(static_cast<Defect>(i)).empty());
  }
}
