// Reads both copies of a table and says which parts of them can be trusted. A table counts
// only if a sound header vouches for its checksum and its partitions are possible; with
// both copies sound and different the primary is believed, as firmware and kernels do.
// Bad bytes are no error here: they are what this is for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "lib/gpt/header.h"
#include "lib/gpt/mbr.h"
#include "lib/gpt/table.h"

namespace argosy::gpt {

// Exactly `size` bytes at a byte offset, or why not.
using ReadAt = std::function<Result<Bytes>(uint64_t offset, uint64_t size)>;
// Of a whole disk in memory, which outlives the reader.
ReadAt reader_of(BytesView disk);

struct Copy {
  uint64_t header_lba = 0;
  uint64_t table_lba = 0;  // where it was read, or would be written
  Bytes header_sector;     // empty if unreadable
  Bytes table;             // as long as the header that was believed says; or empty
  Header header;           // of header_sector, sound or not
  Defect header_defect = Defect::kUnreadable;
  Defect table_defect = Defect::kUnreadable;

  bool has_sound_header() const { return header_defect == Defect::kNone; }
  bool has_sound_table() const { return table_defect == Defect::kNone; }
  bool is_sound() const { return has_sound_header() && has_sound_table(); }
};

enum class Verdict : uint8_t { kUsable, kBadSectorSize, kTooSmall, kNoHeader, kNoTable };
std::string_view text_of(Verdict verdict);

struct Inspection {
  Geometry disk;
  Verdict verdict = Verdict::kNoHeader;
  std::optional<Mbr> mbr;  // none: unreadable
  Copy primary;
  Copy backup;
  // Where the primary header says that the backup is, if that is not the disk's end (the
  // disk has grown) and its table is the only one left.
  std::optional<Copy> old_backup;

  bool is_usable() const { return verdict == Verdict::kUsable; }
  bool is_clean() const { return is_usable() && primary.is_sound() && backup.is_sound(); }
};

Inspection inspect(const Geometry& disk, const ReadAt& read);

// A table's bytes as entries, whatever they say.
std::vector<Entry> parse_entries(BytesView table, uint32_t entry_bytes);

// The table that the trusted parts make. The inspection is usable.
Table table_of(const Inspection& inspection);
// The table's bytes among the trusted parts.
const Bytes& trusted_table_bytes(const Inspection& inspection);

// What both copies shall say when they are repaired: table_of, its usable sectors extended
// to the disk's end. The inspection is usable.
Table repaired(const Inspection& inspection);

}  // namespace argosy::gpt
