#include "parts/os/drive/grow.h"

#include <algorithm>
#include <cstring>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/format.h"
#include "parts/os/drive/drive.h"
#include "parts/os/drive/sanity.h"

namespace argosy::os {
namespace {

Result<Partition> find_partition(const DeviceTree& tree, const std::string& device) {
  struct stat info{};
  if (::stat(device.c_str(), &info) < 0 || !S_ISBLK(info.st_mode)) {
    return fail(Code::kNotFound, format("device not found {}", device));
  }
  auto partition = TRY(partition_of(tree, device, {major(info.st_rdev), minor(info.st_rdev)}));
  if (!partition) {
    return fail(Code::kFailedPrecondition, "Kernel and GPT disagree on the number of partitions!");
  }
  return *std::move(partition);
}

Result<void> write_growth(Drive& drive, const gpt::Inspection& found, const gpt::Table& table,
                          uint32_t number) {
  const gpt::Entry& entry = *gpt::find(table, number);
  const uint64_t sector_bytes = drive.geometry().sector_bytes;
  // The kernel first: it alone knows whether the partition is what the table says.
  const auto announced = drive.announce_size(
      static_cast<int>(number), entry.first_lba * sector_bytes, entry.sectors() * sector_bytes);
  if (!announced) {
    return fail(Code::kFailedPrecondition,
                format("Failed to notify kernel of new partition size: {}\n"
                       "Leaving existing partition table in place.",
                       std::strerror(announced.error().system_errno())));
  }
  gpt::Mbr mbr = *found.mbr;
  mbr.protect(drive.geometry(), table);
  return drive.carry_out(gpt::plan_update(found, table, mbr));
}

}  // namespace

Result<Growth> grow_partition(const DeviceTree& tree, const std::string& device,
                              uint64_t min_bytes) {
  const Partition partition = TRY(find_partition(tree, device));
  Drive drive = TRY(Drive::open(partition.disk, {.write = true}));
  const gpt::Inspection found = drive.inspect();
  if (!found.is_usable()) return fail(Code::kDataLoss, sanity_text(found.verdict));
  if (!found.mbr) return fail(Code::kDataLoss, "Unable to read PMBR");
  gpt::Table table = gpt::repaired(found);
  const gpt::Entry* entry = gpt::find(table, partition.number);
  if (entry == nullptr || !entry->is_used()) {
    return fail(Code::kFailedPrecondition, "Kernel and GPT disagree on the number of partitions!");
  }
  const uint64_t sector_bytes = drive.geometry().sector_bytes;
  const uint64_t before = entry->sectors() * sector_bytes;
  const uint64_t limit = gpt::growth_limit(table, *entry);
  const uint64_t gain = (limit - entry->last_lba) * sector_bytes;
  if (gain == 0 || gain < min_bytes) return Growth{before, before};
  table.entries[partition.number - 1].last_lba = limit;
  TRY(write_growth(drive, found, table, partition.number));
  return Growth{before, before + gain};
}

}  // namespace argosy::os
