#include "lib/gpt/inspect.h"

#include "base/check.h"
#include "base/format.h"
#include "lib/gpt/crc32.h"

namespace argosy::gpt {
namespace {

Table make_table(const Header& header, BytesView bytes) {
  Table table;
  table.signature = header.signature;
  table.disk_guid = header.disk_guid;
  table.first_usable = header.first_usable;
  table.last_usable = header.last_usable;
  table.entry_bytes = header.entry_bytes;
  table.entries = parse_entries(bytes, header.entry_bytes);
  return table;
}

Defect judge_table(BytesView bytes, const Header& header) {
  if (bytes.size() != header.table_bytes()) return Defect::kUnreadable;
  if (crc32(bytes) != header.table_crc) return Defect::kTableCrc;
  return judge_entries(make_table(header, bytes));
}

Bytes read_or_nothing(const ReadAt& read, uint64_t offset, uint64_t size) {
  Result<Bytes> bytes = read(offset, size);
  return bytes && bytes->size() == size ? *std::move(bytes) : Bytes();
}

Copy read_header(const Geometry& disk, const ReadAt& read, Role role, uint64_t lba) {
  Copy copy;
  copy.header_lba = lba;
  copy.header_sector = read_or_nothing(read, lba * disk.sector_bytes, disk.sector_bytes);
  if (copy.header_sector.empty()) return copy;
  copy.header = parse_header(copy.header_sector);
  copy.header_defect = judge_header(copy.header_sector, role, lba, disk);
  return copy;
}

// The table is where its own header says, or, with a bad one, where it usually is.
void read_table(Copy& copy, uint64_t usual_lba, const Header& believed, const Geometry& disk,
                const ReadAt& read) {
  copy.table_lba = copy.has_sound_header() ? copy.header.table_lba : usual_lba;
  copy.table = read_or_nothing(read, copy.table_lba * disk.sector_bytes, believed.table_bytes());
}

void judge_tables(Inspection& found, const Header& believed) {
  found.primary.table_defect = judge_table(found.primary.table, believed);
  found.backup.table_defect = judge_table(found.backup.table, believed);
}

void read_tables(Inspection& found, const Header& believed, const ReadAt& read) {
  const Geometry& disk = found.disk;
  read_table(found.primary, kPrimaryTableLba, believed, disk, read);
  const uint64_t usual = disk.last_lba() - disk.sectors_for(believed.table_bytes());
  read_table(found.backup, usual, believed, disk, read);
  judge_tables(found, believed);
}

bool has_a_table(const Inspection& found) {
  return found.primary.has_sound_table() || found.backup.has_sound_table();
}

std::optional<Copy> find_old_backup(const Inspection& found, const ReadAt& read) {
  const Copy& primary = found.primary;
  const uint64_t lba = primary.header.other_lba;
  if (!primary.has_sound_header() || lba <= primary.header.last_usable ||
      lba >= found.disk.last_lba()) {
    return std::nullopt;
  }
  const Geometry before{found.disk.sector_bytes, lba + 1};
  Copy copy = read_header(before, read, Role::kBackup, lba);
  // One of another writing would do no good: only its table is missing here.
  if (!copy.has_sound_header() || !agree(primary.header, copy.header)) return std::nullopt;
  read_table(copy, copy.header.table_lba, copy.header, before, read);
  copy.table_defect = judge_table(copy.table, copy.header);
  return copy.is_sound() ? std::optional(std::move(copy)) : std::nullopt;
}

// A copy's own sound header over another one's table happens when writing was cut short
// between the two; the backup is whole then.
void believe_backup(Inspection& found, const ReadAt& read) {
  read_tables(found, found.backup.header, read);
  if (has_a_table(found)) {
    found.primary.header_defect = Defect::kTableCrc;
  } else {
    read_tables(found, found.primary.header, read);
  }
}

Verdict judge_parameters(const Geometry& disk) {
  if (disk.sector_bytes != 512 && disk.sector_bytes != 4096) return Verdict::kBadSectorSize;
  if (!disk.has_room()) return Verdict::kTooSmall;
  return Verdict::kUsable;
}

}  // namespace

std::vector<Entry> parse_entries(BytesView table, uint32_t entry_bytes) {
  std::vector<Entry> entries;
  entries.reserve(table.size() / entry_bytes);
  for (size_t at = 0; at + entry_bytes <= table.size(); at += entry_bytes) {
    entries.push_back(parse_entry(table.data() + at));
  }
  return entries;
}

ReadAt reader_of(BytesView disk) {
  return [disk](uint64_t offset, uint64_t size) -> Result<Bytes> {
    if (offset > disk.size() || size > disk.size() - offset) {
      return fail(Code::kOutOfRange, format("no {} bytes at {}", size, offset));
    }
    return Bytes(disk.substr(offset, size));
  };
}

std::string_view text_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUsable:
      return "the table is usable";
    case Verdict::kBadSectorSize:
      return "the sectors are not of 512 or 4096 bytes";
    case Verdict::kTooSmall:
      return "the disk is too small for a table";
    case Verdict::kNoHeader:
      return "neither copy has a sound header";
    case Verdict::kNoTable:
      return "neither copy has a sound table";
  }
  unreachable("a verdict without a text");
}

Inspection inspect(const Geometry& disk, const ReadAt& read) {
  Inspection found;
  found.disk = disk;
  found.verdict = judge_parameters(disk);
  if (!found.is_usable()) return found;
  if (const Bytes boot = read_or_nothing(read, 0, kMbrBytes); !boot.empty()) found.mbr = Mbr(boot);
  found.primary = read_header(disk, read, Role::kPrimary, kPrimaryHeaderLba);
  found.backup = read_header(disk, read, Role::kBackup, disk.last_lba());
  const bool has_primary = found.primary.has_sound_header();
  const bool has_backup = found.backup.has_sound_header();
  if (!has_primary && !has_backup) {
    found.verdict = Verdict::kNoHeader;
    return found;
  }
  read_tables(found, has_primary ? found.primary.header : found.backup.header, read);
  if (has_primary && has_backup && !has_a_table(found)) believe_backup(found, read);
  if (!has_a_table(found)) {
    found.old_backup = find_old_backup(found, read);
    if (!found.old_backup) found.verdict = Verdict::kNoTable;
  }
  if (found.primary.has_sound_header() && found.backup.has_sound_header() &&
      !agree(found.primary.header, found.backup.header)) {
    found.backup.header_defect = Defect::kDiffersFromPrimary;
  }
  return found;
}

const Bytes& trusted_table_bytes(const Inspection& inspection) {
  check(inspection.is_usable(), "no table to trust");
  if (inspection.primary.has_sound_table()) return inspection.primary.table;
  if (inspection.backup.has_sound_table()) return inspection.backup.table;
  return inspection.old_backup->table;
}

Table table_of(const Inspection& inspection) {
  const Bytes& bytes = trusted_table_bytes(inspection);
  const Copy& primary = inspection.primary;
  const Header& header = primary.has_sound_header() ? primary.header : inspection.backup.header;
  Table table = make_table(header, bytes);
  if (primary.has_sound_header()) table.primary_table_lba = primary.header.table_lba;
  return table;
}

Table repaired(const Inspection& inspection) {
  Table table = table_of(inspection);
  reach_to_end(table, inspection.disk);
  return table;
}

}  // namespace argosy::gpt
