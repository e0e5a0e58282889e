// How a table gets onto a disk such that a crash at any moment leaves a whole copy of the
// old table or of the new one: as a list of writes that somebody else carries out.
//
// The one copy that is sound is overwritten last; of two sound ones the backup is written
// first, because the primary is the one that is believed, so that the new table counts
// from when the primary is being overwritten. If header and table of different copies were
// the only sound parts, one copy is completed before. Sector 0 comes last.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "lib/gpt/inspect.h"
#include "lib/gpt/mbr.h"
#include "lib/gpt/table.h"

namespace argosy::gpt {

enum class Piece : uint8_t {
  kBootSector,
  kPrimaryHeader,
  kPrimaryTable,
  kBackupHeader,
  kBackupTable,
};

struct Write {
  Piece piece;
  uint64_t offset = 0;  // bytes from the disk's start
  Bytes bytes;
};

struct Plan {
  // Writes of a stage may reach the disk in any order; after each stage its cache is
  // flushed, before the next one begins.
  std::vector<std::vector<Write>> stages;

  bool is_empty() const { return stages.empty(); }
  bool writes(Piece piece) const;
};

// What is to be written so that both copies say `wanted` and sector 0 is `mbr` (none: as it
// is); what the disk has already is left out. `wanted` fits the disk. `now` need not be
// usable, but is of a disk that has room.
Plan plan_update(const Inspection& now, const Table& wanted, const std::optional<Mbr>& mbr);

// `cgpt legacy`: both headers get the signature that only ChromeOS firmware looks for, and
// the primary table loses its first sector; the backup is whole. plan_update with the usual
// signature undoes it. `now` is usable.
Plan plan_hide(const Inspection& now);

// Zeros over sector 0 and, of the usual size, both copies.
Plan plan_erase(const Geometry& disk);

// The pieces of a copy as bytes.
Bytes table_bytes(const Table& table);
Header header_for(const Table& table, const Geometry& disk, Role role);

}  // namespace argosy::gpt
