// The table's edits beside a naive model: a map from sector to partition.
#include "lib/gpt/table.h"

#include <doctest/doctest.h>
#include <map>
#include <set>

#include "lib/gpt/seeds_test.h"

using namespace argosy;
using namespace argosy::gpt;

namespace {

const Geometry kDisk{512, 400};

Entry entry_at(uint64_t first, uint64_t last, uint8_t id = 1) {
  Entry entry;
  entry.type = kLinuxData;
  entry.unique.bytes[0] = id;
  entry.first_lba = first;
  entry.last_lba = last;
  return entry;
}

// Every sector's owner; nothing if the table breaks a rule.
std::optional<std::map<uint64_t, uint32_t>> owners(const Table& table) {
  std::map<uint64_t, uint32_t> owner;
  std::set<Guid> guids;
  for (uint32_t i = 0; i < table.entries.size(); ++i) {
    const Entry& entry = table.entries[i];
    if (!entry.is_used()) continue;
    if (entry.first_lba > entry.last_lba || entry.last_lba > table.last_usable) return std::nullopt;
    if (!guids.insert(entry.unique).second) return std::nullopt;
    for (uint64_t lba = entry.first_lba; lba <= entry.last_lba; ++lba) {
      if (lba < table.first_usable || !owner.emplace(lba, i + 1).second) return std::nullopt;
    }
  }
  return owner;
}

std::vector<Range> naive_free(const Table& table) {
  const auto owner = owners(table).value();
  std::vector<Range> ranges;
  for (uint64_t lba = table.first_usable; lba <= table.last_usable; ++lba) {
    if (owner.contains(lba)) continue;
    if (!ranges.empty() && ranges.back().last + 1 == lba) {
      ranges.back().last = lba;
    } else {
      ranges.push_back({lba, lba});
    }
  }
  return ranges;
}

std::optional<Range> naive_space(const Table& table, uint64_t sectors, uint64_t alignment) {
  const auto owner = owners(table).value();
  for (uint64_t first = table.first_usable; first <= table.last_usable; ++first) {
    if (first % alignment != 0 || first + sectors - 1 > table.last_usable) continue;
    const auto taken = owner.lower_bound(first);
    if (taken == owner.end() || taken->first > first + sectors - 1) {
      return Range{first, first + sectors - 1};
    }
  }
  return std::nullopt;
}

uint64_t naive_limit(const Table& table, const Entry& entry) {
  const auto owner = owners(table).value();
  uint64_t last = entry.last_lba;
  while (last < table.last_usable && !owner.contains(last + 1)) ++last;
  return last;
}

}  // namespace

TEST_CASE("an empty table leaves room for both copies") {
  const Table table = empty_table(kDisk, kEfiSystem);
  CHECK(table.first_usable == 34);
  CHECK(table.last_usable == 366);
  CHECK(fits(table, kDisk));
  const Table large = empty_table({4096, 100}, kEfiSystem);
  CHECK(large.first_usable == 6);
  CHECK(large.last_usable == 94);
  CHECK(Geometry{512, 68}.has_room());
  CHECK_FALSE(Geometry{512, 67}.has_room());
  CHECK(Geometry{4096, 12}.has_room());
  CHECK_FALSE(Geometry{4096, 11}.has_room());
}

TEST_CASE("what cgpt would say first of a wrong entry") {
  struct Case {
    Entry entry;
    Defect defect;
  };
  const Case cases[] = {
      {entry_at(33, 40, 2), Defect::kOutsideUsable},
      {entry_at(360, 367, 2), Defect::kOutsideUsable},
      {entry_at(41, 40, 2), Defect::kOutsideUsable},
      {entry_at(150, 250, 2), Defect::kFirstInsideOther},
      {entry_at(50, 150, 2), Defect::kLastInsideOther},
      {entry_at(120, 130, 2), Defect::kFirstInsideOther},
      {entry_at(50, 60, 1), Defect::kSameGuid},
      {entry_at(50, 99, 2), Defect::kNone},
      {entry_at(200, 366, 2), Defect::kNone},
  };
  for (const Case& test : cases) {
    Table table = empty_table(kDisk, kEfiSystem);
    table.entries[4] = entry_at(100, 199, 1);
    table.entries[0] = test.entry;
    CAPTURE(test.entry.first_lba);
    CHECK(judge_entries(table) == test.defect);
  }
  // One that lies around another: the inner one's first sector is what is found.
  Table table = empty_table(kDisk, kEfiSystem);
  table.entries[0] = entry_at(100, 199, 1);
  table.entries[1] = entry_at(90, 300, 2);
  CHECK(judge_entries(table) == Defect::kFirstInsideOther);
}

TEST_CASE("a refused edit changes nothing") {
  Table table = empty_table(kDisk, kEfiSystem);
  REQUIRE(put(table, 1, entry_at(100, 199)));
  const Table before = table;
  CHECK(put(table, 2, entry_at(150, 160, 2)).error().message() == "two partitions overlap");
  CHECK(put(table, 0, entry_at(200, 210, 2)).error().code() == Code::kNotFound);
  CHECK(put(table, 129, entry_at(200, 210, 2)).error().code() == Code::kNotFound);
  CHECK(table == before);
  CHECK(first_free(table) == 2);
  CHECK(number_of(table, entry_at(0, 0, 1).unique) == 1);
  REQUIRE(remove(table, 1));
  CHECK(first_free(table) == 1);
  CHECK_FALSE(number_of(table, entry_at(0, 0, 1).unique));
}

TEST_CASE("a table follows its disk when it grows") {
  Table table = empty_table(kDisk, kEfiSystem);
  const Geometry larger{512, 1000};
  CHECK(fits(table, larger));
  CHECK_FALSE(fits(table, {512, 399}));
  reach_to_end(table, larger);
  CHECK(table.last_usable == 966);
  CHECK(fits(table, larger));
}

TEST_CASE("edits, free ranges and growth as in a map of all sectors") {
  for (const uint64_t seed : seeds(300)) {
    CAPTURE(seed);
    SeededRandom random(seed);
    Table table = empty_table(kDisk, any_guid(random));
    for (int step = 0; step < 20; ++step) {
      Table changed = table;
      const auto number = static_cast<uint32_t>(1 + random.below(8));
      const uint64_t first = 20 + random.below(360);
      Entry entry =
          entry_at(first, first + random.below(80) - 2, static_cast<uint8_t>(1 + random.below(12)));
      if (random.chance(4)) entry = Entry{};
      changed.entries[number - 1] = entry;
      const bool is_right = owners(changed).has_value();
      CHECK((judge_entries(changed) == Defect::kNone) == is_right);
      CHECK(put(table, number, entry).has_value() == is_right);
      if (is_right) CHECK(table == changed);

      CHECK(free_ranges(table) == naive_free(table));
      const uint64_t sectors = 1 + random.below(50);
      const uint64_t alignment = 1 + random.below(20);
      const auto space = find_space(table, sectors, alignment);
      CHECK((space ? std::optional(*space) : std::nullopt) ==
            naive_space(table, sectors, alignment));
      for (const Entry& used : table.entries) {
        if (used.is_used()) CHECK(growth_limit(table, used) == naive_limit(table, used));
      }
    }
  }
}
