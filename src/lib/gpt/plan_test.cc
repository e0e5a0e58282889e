// Every crash of every plan: after any prefix of the writes, the last one torn, and with
// the writes of a stage in any order, the disk has the old table or the new one, whole.
#include "lib/gpt/plan.h"

#include <doctest/doctest.h>

#include "lib/gpt/memory_disk_test.h"
#include "lib/gpt/seeds_test.h"

using namespace argosy;
using namespace argosy::gpt;

namespace {

// Where a write may be torn: at its ends, at sectors, and anywhere.
std::vector<size_t> tears(const Write& write, uint32_t sector_bytes, Random& random) {
  std::vector<size_t> sizes = {0, 1, write.bytes.size() - 1, write.bytes.size()};
  for (size_t at = sector_bytes; at < write.bytes.size(); at += sector_bytes) sizes.push_back(at);
  for (int i = 0; i < 8; ++i) sizes.push_back(random.below(write.bytes.size() + 1));
  return sizes;
}

class CrashPlayer {
 public:
  CrashPlayer(MemoryDisk disk, const Plan& plan, std::vector<Table> allowed, Random& random)
      : disk_(std::move(disk)), plan_(plan), allowed_(std::move(allowed)), random_(random) {}

  // Returns how many crashes were played.
  int play() {
    for (const auto& stage : plan_.stages) {
      std::vector<size_t> order(stage.size());
      std::iota(order.begin(), order.end(), size_t{0});
      do {
        play_stage(stage, order);
      } while (std::ranges::next_permutation(order).found);
      for (const Write& write : stage) disk_.apply(write, write.bytes.size());
    }
    return crashes_;
  }

 private:
  void play_stage(const std::vector<Write>& stage, const std::vector<size_t>& order) {
    MemoryDisk disk = disk_;
    for (const size_t index : order) {
      const Write& write = stage[index];
      if (write.piece != Piece::kBootSector) {
        for (const size_t size : tears(write, disk.geometry.sector_bytes, random_)) {
          MemoryDisk crashed = disk;
          crashed.apply(write, size);
          judge(crashed);
        }
      }
      disk.apply(write, write.bytes.size());
      judge(disk);
    }
  }

  void judge(MemoryDisk& crashed) {
    ++crashes_;
    const Inspection found = crashed.look();
    REQUIRE(found.is_usable());
    const Table table = table_of(found);
    CHECK(std::ranges::count(allowed_, table) > 0);
    // What a crash left can be repaired, and says the same then.
    crashed.apply(plan_update(found, table, found.mbr.value_or(Mbr())));
    CHECK(crashed.look().is_clean());
    CHECK(table_of(crashed.look()) == table);
  }

  MemoryDisk disk_;
  const Plan& plan_;
  std::vector<Table> allowed_;
  Random& random_;
  int crashes_ = 0;
};

// Flips bytes in at most one header and at most one table, so that something is left.
void damage(MemoryDisk& disk, Random& random) {
  const uint64_t sector = disk.geometry.sector_bytes;
  const uint64_t headers[] = {sector, disk.bytes.size() - sector};
  const uint64_t table = random.below(128 * 128);
  const uint64_t tables[] = {2 * sector + table, disk.bytes.size() - sector - 128 * 128 + table};
  if (random.chance(2)) disk.flip(headers[random.below(2)] + random.below(kHeaderBytes));
  if (random.chance(2)) disk.flip(tables[random.below(2)]);
}

}  // namespace

TEST_CASE("no crash loses the table") {
  int crashes = 0;
  for (const uint64_t seed : seeds(60)) {
    CAPTURE(seed);
    SeededRandom random(seed);
    MemoryDisk disk({random.chance(3) ? 4096U : 512U, 150 + random.below(100)});
    disk.store(any_table(random, disk.geometry));
    const MemoryDisk sound = disk;
    damage(disk, random);
    if (random.chance(4)) disk.grow(random.below(80));
    Inspection now = disk.look();
    if (!now.is_usable()) {
      // A grown disk keeps only its primary.
      disk = sound;
      now = disk.look();
    }
    const Table before = table_of(now);
    Table wanted = random.chance(5) ? before : any_table(random, disk.geometry);
    if (random.chance(3)) wanted.disk_guid = before.disk_guid;
    Mbr mbr;
    mbr.protect(disk.geometry, wanted);
    const Plan plan = plan_update(now, wanted, mbr);
    crashes += CrashPlayer(disk, plan, {before, wanted}, random).play();
    disk.apply(plan);
    CHECK(disk.look().is_clean());
    CHECK(table_of(disk.look()) == wanted);
    CHECK(plan_update(disk.look(), wanted, mbr).is_empty());
  }
  MESSAGE(crashes, " crashes");
}

TEST_CASE("the backup is written first, and only what changes") {
  MemoryDisk disk({512, 300});
  disk.store(empty_table(disk.geometry, kEfiSystem));
  Table wanted = table_of(disk.look());
  SeededRandom random(1);
  REQUIRE(put(wanted, 1, any_entry(random, 100, 109)));
  const std::optional<Mbr> mbr = disk.look().mbr;
  const Plan plan = plan_update(disk.look(), wanted, mbr);
  REQUIRE(plan.stages.size() == 2);
  CHECK(plan.stages[0].front().piece == Piece::kBackupTable);
  CHECK(plan.stages[1].front().piece == Piece::kPrimaryTable);
  CHECK_FALSE(plan.writes(Piece::kBootSector));
  wanted = table_of(disk.look());
  wanted.disk_guid = kLinuxData;
  const Plan rename = plan_update(disk.look(), wanted, mbr);
  CHECK_FALSE(rename.writes(Piece::kPrimaryTable));
  CHECK_FALSE(rename.writes(Piece::kBackupTable));
  CHECK(rename.writes(Piece::kPrimaryHeader));
  CHECK(rename.writes(Piece::kBackupHeader));
}

TEST_CASE("the only sound copy is overwritten last") {
  MemoryDisk disk({512, 300});
  disk.store(empty_table(disk.geometry, kEfiSystem));
  Table wanted = table_of(disk.look());
  SeededRandom random(1);
  REQUIRE(put(wanted, 1, any_entry(random, 100, 109)));
  disk.flip(512 + 20);
  const Plan plan = plan_update(disk.look(), wanted, disk.look().mbr);
  REQUIRE(plan.stages.size() == 2);
  CHECK(plan.stages[0].front().piece == Piece::kPrimaryTable);
  CHECK(plan.stages[1].front().piece == Piece::kBackupTable);
}

TEST_CASE("a crash while a disk gets its first table leaves none or it") {
  MemoryDisk disk({512, 300});
  const Table wanted = empty_table(disk.geometry, kEfiSystem);
  Mbr mbr;
  mbr.protect(disk.geometry);
  const Plan plan = plan_update(disk.look(), wanted, mbr);
  REQUIRE(plan.stages.size() == 3);
  CHECK(plan.stages[2].front().piece == Piece::kBootSector);
  for (const auto& stage : plan.stages) {
    for (const Write& write : stage) disk.apply(write, write.bytes.size());
    CHECK(disk.look().is_usable());
  }
  CHECK(disk.look().is_clean());
}

TEST_CASE("a hidden table is whole in its backup, and comes back") {
  MemoryDisk disk({512, 300});
  SeededRandom random(4);
  Table table = empty_table(disk.geometry, kEfiSystem);
  REQUIRE(put(table, 2, any_entry(random, 100, 109)));
  disk.store(table);
  const Bytes before = disk.bytes;
  const Plan hide = plan_hide(disk.look());
  CrashPlayer(disk, hide,
              {table,
               [&] {
                 Table hidden = table;
                 hidden.signature = Signature::kChromeOs;
                 return hidden;
               }()},
              random)
      .play();
  disk.apply(hide);
  CHECK(disk.bytes.substr(512, 8) == "CHROMEOS");
  Inspection found = disk.look();
  CHECK_FALSE(found.primary.has_sound_table());
  CHECK(found.backup.is_sound());
  CHECK(table_of(found).entries == table.entries);
  disk.apply(plan_update(found, table, std::nullopt));
  CHECK(disk.bytes == before);
}

TEST_CASE("erasing leaves nothing of either copy") {
  for (const uint32_t sector_bytes : {512U, 4096U}) {
    MemoryDisk disk({sector_bytes, 300});
    const Bytes before = disk.bytes;
    disk.store(empty_table(disk.geometry, kEfiSystem));
    CHECK(disk.bytes != before);
    disk.apply(plan_erase(disk.geometry));
    CHECK(disk.bytes == before);
  }
}
