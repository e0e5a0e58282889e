// The partition table as a value: what both copies on a disk say, freed of places and
// checksums. Partitions have numbers from 1; number n is entries[n - 1].
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "lib/gpt/entry.h"
#include "lib/gpt/header.h"

namespace argosy::gpt {

struct Range {
  uint64_t first = 0;
  uint64_t last = 0;  // inclusive

  bool operator==(const Range&) const = default;
  uint64_t sectors() const { return last - first + 1; }
};

struct Table {
  Signature signature = Signature::kEfi;
  Guid disk_guid;
  uint64_t first_usable = 0;
  uint64_t last_usable = 0;  // inclusive
  uint32_t entry_bytes = kEntryBytes;
  // Where the primary's table starts; the backup's ends before the disk's last sector.
  uint64_t primary_table_lba = kPrimaryTableLba;
  std::vector<Entry> entries;

  bool operator==(const Table&) const = default;
  uint64_t bytes() const { return uint64_t{entries.size()} * entry_bytes; }
};

// 128 free entries. The disk has_room().
Table empty_table(const Geometry& disk, const Guid& disk_guid);

// kNone, or what cgpt would say first: entries in order; of each its range, then each other
// entry. All of them lie within the usable sectors, none overlaps, no GUID is there twice.
Defect judge_entries(const Table& table);
// Whether both copies fit on the disk around the usable sectors.
bool fits(const Table& table, const Geometry& disk);
// Extends the usable sectors up to the backup's new place, after the disk has grown. The
// table fits a disk that is not larger.
void reach_to_end(Table& table, const Geometry& disk);

// The entry of a number, free or not; null if there is no such number.
const Entry* find(const Table& table, uint32_t number);
// The lowest number that is free.
std::optional<uint32_t> first_free(const Table& table);
std::optional<uint32_t> number_of(const Table& table, const Guid& unique);

// Puts an entry in its place if the table stays right; otherwise the table is as before.
// NotFound for an impossible number, FailedPrecondition with the defect's text.
Result<void> put(Table& table, uint32_t number, const Entry& entry);
// Frees the place, of whatever is there.
Result<void> remove(Table& table, uint32_t number);

// What no partition covers, from low to high.
std::vector<Range> free_ranges(const Table& table);
// The first place for a partition of this size that starts at a multiple of `alignment`.
// ResourceExhausted if there is none. Neither is 0.
Result<Range> find_space(const Table& table, uint64_t sectors, uint64_t alignment);
bool is_aligned(const Entry& entry, uint64_t alignment);

// The last sector up to which a partition could grow: before the next one, or the last
// usable. Its own last sector if it cannot.
uint64_t growth_limit(const Table& table, const Entry& entry);

}  // namespace argosy::gpt
