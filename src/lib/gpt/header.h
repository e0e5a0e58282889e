// The header of one copy of the table (UEFI 2.10, table 5.5) and the disk that it is for.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "lib/gpt/format.h"
#include "lib/gpt/guid.h"

namespace argosy::gpt {

struct Geometry {
  uint32_t sector_bytes = 512;  // 512 or 4096
  uint64_t sectors = 0;         // of the whole disk

  bool operator==(const Geometry&) const = default;
  uint64_t last_lba() const { return sectors - 1; }
  uint64_t sectors_for(uint64_t bytes) const { return (bytes + sector_bytes - 1) / sector_bytes; }
  // Whether two copies of an ordinary table fit, and one sector between them; cgpt asks for
  // no less of any disk.
  bool has_room() const {
    return sectors >= 2 + 2 * (1 + sectors_for(kDefaultEntryCount * kEntryBytes));
  }
};

enum class Role : uint8_t { kPrimary, kBackup };
enum class Signature : uint8_t { kEfi, kChromeOs, kNone };

struct Header {
  Signature signature = Signature::kNone;
  uint32_t revision = 0;
  uint32_t header_bytes = 0;
  uint32_t header_crc = 0;
  uint32_t reserved = 0;
  uint64_t own_lba = 0;
  uint64_t other_lba = 0;
  uint64_t first_usable = 0;
  uint64_t last_usable = 0;  // inclusive
  Guid disk_guid;
  uint64_t table_lba = 0;
  uint32_t entry_count = 0;
  uint32_t entry_bytes = 0;
  uint32_t table_crc = 0;

  uint64_t table_bytes() const { return uint64_t{entry_count} * entry_bytes; }
};

// What is wrong with a header or a table, first of all things that are.
enum class Defect : uint8_t {
  kNone,
  kUnreadable,
  kSignature,
  kRevision,
  kHeaderBytes,
  kHeaderCrc,
  kReserved,
  kEntryBytes,
  kEntryCount,
  kOwnPlace,
  kTablePlace,
  kUsableRange,
  kDiffersFromPrimary,
  kTableCrc,
  kOutsideUsable,
  kFirstInsideOther,
  kLastInsideOther,
  kSameGuid,
};
// "the header's checksum is wrong"
std::string_view text_of(Defect defect);

// The fields, whatever they say. The sector has at least kHeaderBytes.
Header parse_header(BytesView sector);
// The checksum that the sector ought to have; 0 if the header's length is impossible.
uint32_t header_crc_of(BytesView sector);
// One sector, with the right checksum; the header's own header_crc is not looked at.
Bytes write_header(const Header& header, uint32_t sector_bytes);

// kNone if a table may be looked for where this header says. `own_lba` is where it was read.
Defect judge_header(BytesView sector, Role role, uint64_t own_lba, const Geometry& disk);
// Whether a backup says what its primary says, places apart.
bool agree(const Header& primary, const Header& backup);

}  // namespace argosy::gpt
