#include "lib/gpt/header.h"

#include "base/check.h"
#include "lib/gpt/crc32.h"

namespace argosy::gpt {
namespace {

Signature signature_of(BytesView sector) {
  if (sector.starts_with(kEfiSignature)) return Signature::kEfi;
  if (sector.starts_with(kChromeOsSignature)) return Signature::kChromeOs;
  return Signature::kNone;
}

bool is_entry_size(uint32_t bytes) {
  return bytes >= kEntryBytes && bytes <= kMaxEntryBytes && (bytes & (bytes - 1)) == 0;
}

// The primary's table lies before the usable sectors, the backup's after them.
Defect judge_places(const Header& header, Role role, const Geometry& disk) {
  const uint64_t table = disk.sectors_for(header.table_bytes());
  if (header.first_usable > header.last_usable || header.last_usable >= disk.last_lba()) {
    return Defect::kUsableRange;
  }
  // The other copy's table needs room too, wherever it is.
  if (header.first_usable < kPrimaryTableLba + table ||
      disk.last_lba() - header.last_usable <= table) {
    return Defect::kUsableRange;
  }
  if (role == Role::kPrimary) {
    const bool fits =
        header.table_lba >= kPrimaryTableLba && header.table_lba <= header.first_usable - table;
    return fits ? Defect::kNone : Defect::kTablePlace;
  }
  const bool fits =
      header.table_lba > header.last_usable && header.table_lba <= disk.last_lba() - table;
  return fits ? Defect::kNone : Defect::kTablePlace;
}

}  // namespace

std::string_view text_of(Defect defect) {
  switch (defect) {
    case Defect::kNone:
      return "nothing is wrong";
    case Defect::kUnreadable:
      return "it cannot be read";
    case Defect::kSignature:
      return "there is no header";
    case Defect::kRevision:
      return "the header is of another revision than 1.0";
    case Defect::kHeaderBytes:
      return "the header's length is impossible";
    case Defect::kHeaderCrc:
      return "the header's checksum is wrong";
    case Defect::kReserved:
      return "a reserved field is not zero";
    case Defect::kEntryBytes:
      return "the size of an entry is impossible";
    case Defect::kEntryCount:
      return "the number of entries is impossible";
    case Defect::kOwnPlace:
      return "the header says that it belongs elsewhere";
    case Defect::kTablePlace:
      return "the table is where it may not be";
    case Defect::kUsableRange:
      return "the usable sectors are not between the tables";
    case Defect::kDiffersFromPrimary:
      return "it does not say what the primary says";
    case Defect::kTableCrc:
      return "the table's checksum is wrong";
    case Defect::kOutsideUsable:
      return "a partition reaches out of the usable sectors";
    case Defect::kFirstInsideOther:
    case Defect::kLastInsideOther:
      return "two partitions overlap";
    case Defect::kSameGuid:
      return "two partitions have the same GUID";
  }
  unreachable("a defect without a text");
}

Header parse_header(BytesView sector) {
  check(sector.size() >= kHeaderBytes, "a sector holds a header");
  const char* at = sector.data();
  Header header;
  header.signature = signature_of(sector);
  header.revision = load_le32(at + kHeaderRevision);
  header.header_bytes = load_le32(at + kHeaderSize);
  header.header_crc = load_le32(at + kHeaderCrc);
  header.reserved = load_le32(at + kHeaderReserved);
  header.own_lba = load_le64(at + kHeaderOwnLba);
  header.other_lba = load_le64(at + kHeaderOtherLba);
  header.first_usable = load_le64(at + kHeaderFirstUsable);
  header.last_usable = load_le64(at + kHeaderLastUsable);
  header.disk_guid = load_guid(at + kHeaderDiskGuid);
  header.table_lba = load_le64(at + kHeaderTableLba);
  header.entry_count = load_le32(at + kHeaderEntryCount);
  header.entry_bytes = load_le32(at + kHeaderEntryBytes);
  header.table_crc = load_le32(at + kHeaderTableCrc);
  return header;
}

uint32_t header_crc_of(BytesView sector) {
  const uint32_t length = load_le32(sector.data() + kHeaderSize);
  if (length < kHeaderBytes || length > sector.size()) return 0;
  Bytes covered(sector.substr(0, length));
  store_le32(covered.data() + kHeaderCrc, 0);
  return crc32(covered);
}

Bytes write_header(const Header& header, uint32_t sector_bytes) {
  Bytes sector(sector_bytes, '\0');
  char* at = sector.data();
  const std::string_view signature =
      header.signature == Signature::kChromeOs ? kChromeOsSignature : kEfiSignature;
  signature.copy(at, signature.size());
  store_le32(at + kHeaderRevision, kRevision);
  store_le32(at + kHeaderSize, kHeaderBytes);
  store_le64(at + kHeaderOwnLba, header.own_lba);
  store_le64(at + kHeaderOtherLba, header.other_lba);
  store_le64(at + kHeaderFirstUsable, header.first_usable);
  store_le64(at + kHeaderLastUsable, header.last_usable);
  store_guid(at + kHeaderDiskGuid, header.disk_guid);
  store_le64(at + kHeaderTableLba, header.table_lba);
  store_le32(at + kHeaderEntryCount, header.entry_count);
  store_le32(at + kHeaderEntryBytes, header.entry_bytes);
  store_le32(at + kHeaderTableCrc, header.table_crc);
  store_le32(at + kHeaderCrc, header_crc_of(sector));
  return sector;
}

Defect judge_header(BytesView sector, Role role, uint64_t own_lba, const Geometry& disk) {
  if (sector.size() != disk.sector_bytes) return Defect::kUnreadable;
  const Header header = parse_header(sector);
  if (header.signature == Signature::kNone) return Defect::kSignature;
  if (header.revision != kRevision) return Defect::kRevision;
  if (header.header_bytes < kHeaderBytes || header.header_bytes > disk.sector_bytes) {
    return Defect::kHeaderBytes;
  }
  if (header_crc_of(sector) != header.header_crc) return Defect::kHeaderCrc;
  if (header.reserved != 0) return Defect::kReserved;
  if (!is_entry_size(header.entry_bytes)) return Defect::kEntryBytes;
  if (header.entry_count == 0 || header.table_bytes() > kMaxTableBytes) {
    return Defect::kEntryCount;
  }
  if (header.own_lba != own_lba) return Defect::kOwnPlace;
  return judge_places(header, role, disk);
}

bool agree(const Header& primary, const Header& backup) {
  return primary.signature == backup.signature && primary.header_bytes == backup.header_bytes &&
         primary.first_usable == backup.first_usable && primary.last_usable == backup.last_usable &&
         primary.disk_guid == backup.disk_guid && primary.entry_count == backup.entry_count &&
         primary.entry_bytes == backup.entry_bytes && primary.table_crc == backup.table_crc;
}

}  // namespace argosy::gpt
