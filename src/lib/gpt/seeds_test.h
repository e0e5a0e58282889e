// Seeds and chance for the property tests of this folder.
#pragma once

#include <cstdlib>
#include <numeric>
#include <vector>

#include "lib/gpt/table.h"
#include "lib/gpt/types.h"
#include "sys/random/random.h"

namespace argosy::gpt {

// 0 to `usual`; ARGOSY_SEED=n is that one alone, ARGOSY_LONG=1 fifty times as many.
inline std::vector<uint64_t> seeds(uint64_t usual) {
  if (const char* one = std::getenv("ARGOSY_SEED")) return {std::strtoull(one, nullptr, 10)};
  std::vector<uint64_t> all(std::getenv("ARGOSY_LONG") != nullptr ? usual * 50 : usual);
  std::iota(all.begin(), all.end(), uint64_t{0});
  return all;
}

inline Guid any_guid(Random& random) {
  return random_guid(random.next(), random.next());
}

// Mostly slots, so that the rules about them have something to do.
inline Entry any_entry(Random& random, uint64_t first, uint64_t last) {
  static constexpr Guid kTypes[] = {kUsrSlot, kUsrSlot, kLinuxData, kEfiSystem, kAutoResize};
  Entry entry;
  entry.type = kTypes[random.below(std::size(kTypes))];
  entry.unique = any_guid(random);
  entry.first_lba = first;
  entry.last_lba = last;
  entry.attributes.set_priority(static_cast<int>(random.below(4)));
  entry.attributes.set_tries(static_cast<int>(random.below(3)));
  entry.attributes.set_successful(random.chance(3));
  entry.attributes.set_legacy_bootable(random.chance(8));
  for (size_t i = random.below(kNameUnits + 1); i > 0; --i) {
    entry.name[i - 1] = static_cast<char16_t>('a' + random.below(26));
  }
  return entry;
}

// Some partitions at random places of a right table.
inline Table any_table(Random& random, const Geometry& disk) {
  Table table = empty_table(disk, any_guid(random));
  for (uint64_t tries = random.below(12); tries > 0; --tries) {
    const uint64_t first = table.first_usable + random.below(table.last_usable);
    const Entry entry = any_entry(random, first, first + random.below(40));
    (void)put(table, static_cast<uint32_t>(1 + random.below(table.entries.size())), entry);
  }
  return table;
}

}  // namespace argosy::gpt
