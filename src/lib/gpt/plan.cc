#include "lib/gpt/plan.h"

#include <algorithm>

#include "base/check.h"
#include "lib/gpt/crc32.h"

namespace argosy::gpt {
namespace {

using Stage = std::vector<Write>;

struct CopyWrites {
  Write header;
  Write table;
};

CopyWrites writes_of(const Table& table, const Geometry& disk, Role role) {
  const Header header = header_for(table, disk, role);
  const bool is_primary = role == Role::kPrimary;
  return {.header = {is_primary ? Piece::kPrimaryHeader : Piece::kBackupHeader,
                     header.own_lba * disk.sector_bytes, write_header(header, disk.sector_bytes)},
          .table = {is_primary ? Piece::kPrimaryTable : Piece::kBackupTable,
                    header.table_lba * disk.sector_bytes, table_bytes(table)}};
}

// The copy as a stage, without what is on the disk already.
Stage stage_of(CopyWrites writes, const Copy& now, const Geometry& disk) {
  Stage stage;
  const uint64_t table_at = now.table_lba * disk.sector_bytes;
  if (writes.table.offset != table_at || writes.table.bytes != now.table) {
    stage.push_back(std::move(writes.table));
  }
  if (writes.header.bytes != now.header_sector) stage.push_back(std::move(writes.header));
  return stage;
}

void append(Plan& plan, Stage stage) {
  if (!stage.empty()) plan.stages.push_back(std::move(stage));
}

// The sound header gets its table back from wherever it is; that copy is sound afterwards.
void complete_one_copy(Plan& plan, Inspection& now) {
  const bool is_primary = now.primary.has_sound_header();
  Copy& copy = is_primary ? now.primary : now.backup;
  copy.table = trusted_table_bytes(now);
  copy.table_defect = Defect::kNone;
  append(plan, {{is_primary ? Piece::kPrimaryTable : Piece::kBackupTable,
                 copy.table_lba * now.disk.sector_bytes, copy.table}});
}

bool is_scattered(const Inspection& now) {
  return now.is_usable() && !now.primary.is_sound() && !now.backup.is_sound();
}

bool is_primary_first(const Inspection& now) {
  return now.is_usable() && !now.primary.is_sound();
}

}  // namespace

bool Plan::writes(Piece piece) const {
  return std::ranges::any_of(stages, [piece](const Stage& stage) {
    return std::ranges::any_of(stage, [piece](const Write& write) { return write.piece == piece; });
  });
}

Bytes table_bytes(const Table& table) {
  Bytes bytes(table.bytes(), '\0');
  for (size_t i = 0; i < table.entries.size(); ++i) {
    write_entry(bytes.data() + i * table.entry_bytes, table.entries[i]);
  }
  return bytes;
}

Header header_for(const Table& table, const Geometry& disk, Role role) {
  const Bytes bytes = table_bytes(table);
  Header header;
  header.signature = table.signature;
  header.revision = kRevision;
  header.header_bytes = kHeaderBytes;
  header.own_lba = kPrimaryHeaderLba;
  header.other_lba = disk.last_lba();
  header.first_usable = table.first_usable;
  header.last_usable = table.last_usable;
  header.disk_guid = table.disk_guid;
  header.table_lba = table.primary_table_lba;
  header.entry_count = static_cast<uint32_t>(table.entries.size());
  header.entry_bytes = table.entry_bytes;
  header.table_crc = crc32(bytes);
  if (role == Role::kBackup) {
    std::swap(header.own_lba, header.other_lba);
    header.table_lba = disk.last_lba() - disk.sectors_for(bytes.size());
  }
  return header;
}

Plan plan_update(const Inspection& now, const Table& wanted, const std::optional<Mbr>& mbr) {
  check(fits(wanted, now.disk), "a table for another disk");
  Plan plan;
  Inspection state = now;
  if (is_scattered(state)) complete_one_copy(plan, state);
  const bool primary_first = is_primary_first(state);
  Stage primary = stage_of(writes_of(wanted, now.disk, Role::kPrimary), state.primary, now.disk);
  Stage backup = stage_of(writes_of(wanted, now.disk, Role::kBackup), state.backup, now.disk);
  if (primary_first) std::swap(primary, backup);
  append(plan, std::move(backup));
  append(plan, std::move(primary));
  if (mbr && now.mbr != mbr) append(plan, {{Piece::kBootSector, 0, mbr->bytes()}});
  return plan;
}

Plan plan_hide(const Inspection& now) {
  Table table = table_of(now);
  table.signature = Signature::kChromeOs;
  Plan plan = plan_update(now, table, std::nullopt);
  const uint64_t sector_bytes = now.disk.sector_bytes;
  plan.stages.push_back({{Piece::kPrimaryTable, table.primary_table_lba * sector_bytes,
                          Bytes(std::min(sector_bytes, table.bytes()), '\0')}});
  return plan;
}

Plan plan_erase(const Geometry& disk) {
  const uint64_t bytes = kDefaultEntryCount * kEntryBytes;
  const auto zeros = [&](Piece piece, uint64_t lba, uint64_t size) {
    return Write{piece, lba * disk.sector_bytes, Bytes(size, '\0')};
  };
  const uint64_t backup_table = disk.last_lba() - disk.sectors_for(bytes);
  return {{{zeros(Piece::kPrimaryHeader, kPrimaryHeaderLba, disk.sector_bytes),
            zeros(Piece::kPrimaryTable, kPrimaryTableLba, bytes),
            zeros(Piece::kBackupTable, backup_table, bytes),
            zeros(Piece::kBackupHeader, disk.last_lba(), disk.sector_bytes),
            zeros(Piece::kBootSector, 0, kMbrBytes)}}};
}

}  // namespace argosy::gpt
