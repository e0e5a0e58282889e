#include "lib/gpt/mbr.h"

#include "base/format.h"
#include "lib/gpt/table.h"

namespace argosy::gpt {
namespace {

constexpr size_t kMagicAt = 444;
constexpr size_t kPartitionsAt = 446;
constexpr size_t kPartitionBytes = 16;
constexpr size_t kSignatureAt = 510;
constexpr char kBootable = '\x80';
constexpr char kTypeGpt = '\xee';
// FAT32 by LBA; pvgrub and old GRUBs do not take an EFI system partition's own type.
constexpr char kTypeFat32 = '\x0c';

struct Chs {
  uint8_t head, sector, cylinder;
};
// What other tools write into a protective partition: no disk has this geometry.
constexpr Chs kProtectiveFirst{0x00, 0x01, 0x00};
constexpr Chs kProtectiveLast{0xfe, 0xff, 0xff};

// 255 heads of 63 sectors; beyond 1024 cylinders the last of all.
Chs chs_of(uint64_t lba) {
  constexpr uint64_t kHeads = 255, kSectors = 63, kCylinders = 1024;
  if (lba == 0) return {0, 0, 0};
  if (lba >= kCylinders * kHeads * kSectors) return {kHeads - 1, 0xff, 0xff};
  const uint64_t cylinder = lba / (kHeads * kSectors);
  const uint64_t head = lba / kSectors % kHeads;
  const uint64_t sector = lba % kSectors + 1;
  return {static_cast<uint8_t>(head), static_cast<uint8_t>((cylinder >> 2 & 0xc0) | sector),
          static_cast<uint8_t>(cylinder)};
}

struct MbrPartition {
  char status = 0;
  char type = kTypeGpt;
  Chs first, last;
  uint64_t first_lba = 0, last_lba = 0;
};

void put(Bytes& mbr, size_t index, const MbrPartition& partition) {
  char* at = mbr.data() + kPartitionsAt + index * kPartitionBytes;
  const auto put_chs = [](char* to, const Chs& chs) {
    to[0] = static_cast<char>(chs.head);
    to[1] = static_cast<char>(chs.sector);
    to[2] = static_cast<char>(chs.cylinder);
  };
  at[0] = partition.status;
  put_chs(at + 1, partition.first);
  at[4] = partition.type;
  put_chs(at + 5, partition.last);
  store_le32(at + 8, static_cast<uint32_t>(partition.first_lba));
  store_le32(at + 12, static_cast<uint32_t>(partition.last_lba - partition.first_lba + 1));
}

// The last sector that the old table can speak of.
uint64_t reach_of(const Geometry& disk) {
  return std::min<uint64_t>(disk.last_lba(), UINT32_MAX);
}

void clear_partitions(Bytes& mbr) {
  std::fill_n(mbr.begin() + kPartitionsAt, 4 * kPartitionBytes, '\0');
  mbr[kSignatureAt] = '\x55';
  mbr[kSignatureAt + 1] = '\xaa';
}

}  // namespace

void Mbr::protect(const Geometry& disk) {
  clear_partitions(bytes_);
  put(bytes_, 0,
      {.first = kProtectiveFirst,
       .last = kProtectiveLast,
       .first_lba = 1,
       .last_lba = reach_of(disk)});
}

void Mbr::protect(const Geometry& disk, const Table& table) {
  for (const Entry& entry : table.entries) {
    if (!entry.is_used() || !entry.attributes.is_legacy_bootable()) continue;
    if (entry.last_lba >= reach_of(disk)) continue;
    clear_partitions(bytes_);
    put(bytes_, 0,
        {.status = kBootable,
         .type = kTypeFat32,
         .first = chs_of(entry.first_lba),
         .last = chs_of(entry.last_lba),
         .first_lba = entry.first_lba,
         .last_lba = entry.last_lba});
    const uint64_t before = entry.first_lba - 1;
    put(bytes_, 1,
        {.first = chs_of(1), .last = chs_of(before), .first_lba = 1, .last_lba = before});
    return;
  }
  protect(disk);
}

void Mbr::mark_syslinux() {
  bytes_[kMagicAt] = '\x1d';
  bytes_[kMagicAt + 1] = '\x9a';
}

void Mbr::set_boot_code(BytesView code) {
  code = code.substr(0, kSyslinuxCodeBytes);
  code.copy(bytes_.data(), code.size());
}

void Mbr::set_boot_guid(const Guid& guid) {
  store_guid(bytes_.data() + kSyslinuxCodeBytes, guid);
}

Guid Mbr::boot_guid() const {
  return load_guid(bytes_.data() + kSyslinuxCodeBytes);
}

std::string Mbr::text() const {
  if (load_le16(bytes_.data() + kSignatureAt) != 0xaa55) return "Unknown";
  if (load_le16(bytes_.data() + kMagicAt) != 0x9a1d) {
    const char second_type = bytes_[kPartitionsAt + kPartitionBytes + 4];
    return second_type != 0 ? "Hybrid MBR" : "Protective MBR";
  }
  if (boot_guid().is_zero()) return "PMBR (SYSLINUX3)";
  return format("PMBR (SYSLINUX3, Boot GUID: {})", to_upper_text(boot_guid()));
}

}  // namespace argosy::gpt
