// The rules of boot, beside a model that only counts.
#include "lib/gpt/slots.h"

#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

#include "base/format.h"
#include "base/text.h"
#include "lib/gpt/seeds_test.h"

using namespace argosy;
using namespace argosy::gpt;

namespace {

struct Slot {
  int priority, tries;
  bool successful;
};

Table table_with(const std::vector<Slot>& slots) {
  Table table = empty_table({512, 1000}, kEfiSystem);
  for (uint32_t i = 0; i < slots.size(); ++i) {
    Entry entry;
    entry.type = kUsrSlot;
    entry.unique.bytes[0] = static_cast<uint8_t>(i + 1);
    entry.first_lba = entry.last_lba = 100 + i;
    entry.attributes.set_priority(slots[i].priority);
    entry.attributes.set_tries(slots[i].tries);
    entry.attributes.set_successful(slots[i].successful);
    check(put(table, i + 1, entry).has_value());
  }
  return table;
}

std::vector<int> priorities(const Table& table) {
  std::vector<int> all;
  for (const Entry& entry : table.entries) {
    if (is_slot(entry)) all.push_back(entry.attributes.priority());
  }
  return all;
}

std::vector<int> numbers_in(std::string_view text) {
  std::istringstream words{std::string(text)};
  std::vector<int> numbers;
  for (int number; words >> number;) numbers.push_back(number);
  return numbers;
}

// "-P 5 -i 3 -f"
Prioritization options_in(std::string_view text) {
  std::istringstream words{std::string(text)};
  Prioritization wanted;
  for (std::string word; words >> word;) {
    if (word == "-f") wanted.with_friends = true;
    int number = 0;
    if (word != "-f") words >> number;
    if (word == "-P") wanted.highest = number;
    if (word == "-i") wanted.number = static_cast<uint32_t>(number);
  }
  return wanted;
}

// The rule in words: ranks are the distinct priorities above 0; each slot's new number is
// the highest less the count of ranks above it, but not below 1.
std::vector<int> naive_prioritize(const Table& table, const Prioritization& wanted) {
  std::vector<int> ranks = priorities(table);
  if (wanted.number) {
    const int chosen = ranks[*wanted.number - 1];
    for (size_t i = 0; i < ranks.size(); ++i) {
      if (i + 1 == *wanted.number || (wanted.with_friends && ranks[i] == chosen)) ranks[i] = 99;
    }
  }
  std::set<int> distinct(ranks.begin(), ranks.end());
  distinct.erase(0);
  const int highest =
      wanted.highest.value_or(static_cast<int>(std::min<size_t>(distinct.size(), 15)));
  for (int& rank : ranks) {
    if (rank == 0) continue;
    const auto above = std::distance(distinct.upper_bound(rank), distinct.end());
    rank = std::max(1, highest - static_cast<int>(above));
  }
  return ranks;
}

}  // namespace

TEST_CASE("GRUB takes the highest bootable slot, the lower number of equals, never 0") {
  CHECK(slot_for_grub(table_with({{1, 0, true}, {0, 0, false}})) == 1);
  CHECK(slot_for_grub(table_with({{1, 0, true}, {2, 1, false}})) == 2);
  CHECK(slot_for_grub(table_with({{1, 0, true}, {2, 0, false}})) == 1);
  CHECK(slot_for_grub(table_with({{3, 0, true}, {3, 1, false}})) == 1);
  CHECK_FALSE(slot_for_grub(table_with({{0, 0, true}, {0, 3, false}})));
  CHECK_FALSE(slot_for_grub(table_with({{2, 0, false}})));
  CHECK_FALSE(slot_for_grub(table_with({})));
}

TEST_CASE("cgpt next also takes priority 0, and the first slot if none is bootable") {
  const auto next = [](std::vector<Table> disks) { return slot_for_cgpt(disks); };
  CHECK(next({table_with({{1, 0, true}, {0, 0, false}})}) == SlotOnDisk{0, 1});
  CHECK(next({table_with({{0, 0, false}, {0, 0, true}})}) == SlotOnDisk{0, 2});
  CHECK(next({table_with({{3, 0, false}, {4, 0, false}})}) == SlotOnDisk{0, 1});
  CHECK(next({table_with({{2, 1, false}}), table_with({{1, 0, true}, {3, 0, true}})}) ==
        SlotOnDisk{1, 2});
  CHECK(next({table_with({{2, 1, false}}), table_with({{2, 0, true}})}) == SlotOnDisk{0, 1});
  CHECK_FALSE(next({table_with({}), table_with({})}));
}

TEST_CASE("a new slot has one try, and then the old one boots again") {
  Table table = table_with({{1, 0, true}, {0, 0, false}});
  mark_for_trial(table.entries[1]);
  REQUIRE(prioritize(table, {.number = 2}));
  CHECK(priorities(table) == std::vector<int>{1, 2});
  REQUIRE(slot_for_grub(table) == 2);
  take_try(table.entries[1]);
  CHECK(table.entries[1].attributes.tries() == 0);
  CHECK(slot_for_grub(table) == 1);
  take_try(table.entries[0]);
  CHECK(slot_for_grub(table) == 1);
  mark_good(table.entries[1]);
  CHECK(slot_for_grub(table) == 2);
}

TEST_CASE("prioritize: stories") {
  std::ifstream file("testdata/prioritize.txt");
  REQUIRE(file);
  int stories = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    CAPTURE(line);
    const auto parts = split(line, '|');
    REQUIRE(parts.size() == 3);
    std::vector<Slot> slots;
    for (const int priority : numbers_in(parts[0])) slots.push_back({priority, 0, true});
    Table table = table_with(slots);
    REQUIRE(prioritize(table, options_in(parts[1])));
    CHECK(priorities(table) == numbers_in(parts[2]));
    ++stories;
  }
  CHECK(stories > 10);
}

TEST_CASE("prioritize refuses what is no slot") {
  Table table = table_with({{1, 0, true}});
  table.entries[5] = table.entries[0];
  table.entries[5].type = kLinuxData;
  const Table before = table;
  CHECK(prioritize(table, {.number = 6}).error().message() == "partition 6 is not a CoreOS root");
  CHECK(prioritize(table, {.number = 7}).error().message() == "partition 7 is not a CoreOS root");
  CHECK(prioritize(table, {.number = 200}).error().message() ==
        "invalid partition number: 200 (must be between 1 and 128");
  CHECK(prioritize(table, {.number = 0}).error().code() == Code::kNotFound);
  CHECK(table == before);
}

TEST_CASE("prioritize as the rule in words, for any slots") {
  for (const uint64_t seed : seeds(2000)) {
    CAPTURE(seed);
    SeededRandom random(seed);
    std::vector<Slot> slots;
    for (uint64_t count = 1 + random.below(20); count > 0; --count) {
      slots.push_back({static_cast<int>(random.below(1 + random.below(16))), 0, true});
    }
    Table table = table_with(slots);
    Prioritization wanted;
    if (random.chance(2)) wanted.number = static_cast<uint32_t>(1 + random.below(slots.size()));
    wanted.with_friends = wanted.number && random.chance(2);
    if (random.chance(2)) wanted.highest = static_cast<int>(1 + random.below(15));
    const std::vector<int> expected = naive_prioritize(table, wanted);
    REQUIRE(prioritize(table, wanted));
    CHECK(priorities(table) == expected);
  }
}
