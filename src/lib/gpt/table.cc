#include "lib/gpt/table.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"

namespace argosy::gpt {
namespace {

bool is_within(uint64_t lba, const Entry& entry) {
  return lba >= entry.first_lba && lba <= entry.last_lba;
}

bool is_in_range(const Entry& entry, const Table& table) {
  return entry.first_lba >= table.first_usable && entry.last_lba <= table.last_usable &&
         entry.first_lba <= entry.last_lba;
}

std::vector<const Entry*> used_by_place(const Table& table) {
  std::vector<const Entry*> used;
  for (const Entry& entry : table.entries) {
    if (entry.is_used()) used.push_back(&entry);
  }
  std::ranges::sort(used, {}, [](const Entry* entry) { return entry->first_lba; });
  return used;
}

// Whether anything is wrong, in n log n: a hostile table may have thousands of entries.
bool is_right(const Table& table) {
  std::vector<const Entry*> used = used_by_place(table);
  for (size_t i = 0; i < used.size(); ++i) {
    if (!is_in_range(*used[i], table)) return false;
    if (i > 0 && used[i]->first_lba <= used[i - 1]->last_lba) return false;
  }
  std::ranges::sort(used, {}, [](const Entry* entry) { return entry->unique; });
  return std::ranges::adjacent_find(used, {}, [](const Entry* entry) { return entry->unique; }) ==
         used.end();
}

Defect judge_entry(const Table& table, const Entry& entry) {
  if (!is_in_range(entry, table)) return Defect::kOutsideUsable;
  for (const Entry& other : table.entries) {
    if (&other == &entry || !other.is_used()) continue;
    if (is_within(entry.first_lba, other)) return Defect::kFirstInsideOther;
    if (is_within(entry.last_lba, other)) return Defect::kLastInsideOther;
    if (entry.unique == other.unique) return Defect::kSameGuid;
  }
  return Defect::kNone;
}

}  // namespace

Table empty_table(const Geometry& disk, const Guid& disk_guid) {
  check(disk.has_room(), "a disk without room for a table");
  Table table;
  table.disk_guid = disk_guid;
  table.entries.resize(kDefaultEntryCount);
  table.first_usable = kPrimaryTableLba + disk.sectors_for(table.bytes());
  reach_to_end(table, disk);
  return table;
}

Defect judge_entries(const Table& table) {
  if (is_right(table)) return Defect::kNone;
  for (const Entry& entry : table.entries) {
    if (!entry.is_used()) continue;
    if (const Defect defect = judge_entry(table, entry); defect != Defect::kNone) return defect;
  }
  unreachable("is_right and judge_entry disagree");
}

bool fits(const Table& table, const Geometry& disk) {
  const uint64_t length = disk.sectors_for(table.bytes());
  return table.primary_table_lba >= kPrimaryTableLba && table.first_usable >= length &&
         table.primary_table_lba <= table.first_usable - length &&
         table.first_usable <= table.last_usable && table.last_usable < disk.last_lba() &&
         disk.last_lba() - table.last_usable > length;
}

void reach_to_end(Table& table, const Geometry& disk) {
  table.last_usable = disk.last_lba() - disk.sectors_for(table.bytes()) - 1;
}

const Entry* find(const Table& table, uint32_t number) {
  if (number == 0 || number > table.entries.size()) return nullptr;
  return &table.entries[number - 1];
}

std::optional<uint32_t> first_free(const Table& table) {
  for (uint32_t i = 0; i < table.entries.size(); ++i) {
    if (!table.entries[i].is_used()) return i + 1;
  }
  return std::nullopt;
}

std::optional<uint32_t> number_of(const Table& table, const Guid& unique) {
  for (uint32_t i = 0; i < table.entries.size(); ++i) {
    if (table.entries[i].is_used() && table.entries[i].unique == unique) return i + 1;
  }
  return std::nullopt;
}

Result<void> put(Table& table, uint32_t number, const Entry& entry) {
  if (find(table, number) == nullptr) {
    return fail(Code::kNotFound, format("invalid partition number: {}", number));
  }
  Entry& place = table.entries[number - 1];
  const Entry before = std::exchange(place, entry);
  if (const Defect defect = judge_entries(table); defect != Defect::kNone) {
    place = before;
    return fail(Code::kFailedPrecondition, std::string(text_of(defect)));
  }
  return {};
}

Result<void> remove(Table& table, uint32_t number) {
  return put(table, number, Entry{});
}

std::vector<Range> free_ranges(const Table& table) {
  std::vector<Range> ranges;
  uint64_t from = table.first_usable;
  for (const Entry* entry : used_by_place(table)) {
    if (entry->first_lba > from) ranges.push_back({from, entry->first_lba - 1});
    from = std::max(from, entry->last_lba + 1);
  }
  if (from <= table.last_usable) ranges.push_back({from, table.last_usable});
  return ranges;
}

Result<Range> find_space(const Table& table, uint64_t sectors, uint64_t alignment) {
  check(sectors > 0 && alignment > 0, "no space for nothing");
  for (const Range& range : free_ranges(table)) {
    const uint64_t skip = (alignment - range.first % alignment) % alignment;
    if (skip < range.sectors() && range.sectors() - skip >= sectors) {
      const uint64_t first = range.first + skip;
      return Range{first, first + sectors - 1};
    }
  }
  return fail(Code::kResourceExhausted,
              format("no {} free sectors in a row from a multiple of {}", sectors, alignment));
}

bool is_aligned(const Entry& entry, uint64_t alignment) {
  return entry.first_lba % alignment == 0;
}

uint64_t growth_limit(const Table& table, const Entry& entry) {
  uint64_t limit = table.last_usable;
  for (const Entry& other : table.entries) {
    if (other.is_used() && other.first_lba > entry.last_lba) {
      limit = std::min(limit, other.first_lba - 1);
    }
  }
  return std::max(limit, entry.last_lba);
}

}  // namespace argosy::gpt
