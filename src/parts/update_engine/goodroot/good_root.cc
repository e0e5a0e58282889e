#include "parts/update_engine/goodroot/good_root.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/format.h"
#include "base/text.h"
#include "lib/gpt/plan.h"
#include "lib/gpt/slots.h"
#include "sys/file/fd.h"

namespace argosy::update_engine {
namespace {

namespace fs = std::filesystem;

// A regular file has sectors of 512 bytes.
Result<gpt::Geometry> measure(File& file) {
  gpt::Geometry geometry{.sector_bytes = 512, .sectors = TRY(file.size()) / 512};
  if (geometry.sectors > 0) return geometry;
  const Fd fd(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
  uint64_t bytes = 0;
  int sector = 0;
  if (!fd.is_open() || ::ioctl(fd.get(), BLKGETSIZE64, &bytes) != 0 ||
      ::ioctl(fd.get(), BLKSSZGET, &sector) != 0 || sector <= 0) {
    return fail(Code::kFailedPrecondition, format("{} is no disk", file.path()));
  }
  geometry.sector_bytes = static_cast<uint32_t>(sector);
  geometry.sectors = bytes / geometry.sector_bytes;
  return geometry;
}

// A disk with a table that can be used.
struct Opened {
  std::unique_ptr<File> file;
  gpt::Inspection found;
};

Result<Opened> open_disk(Disk& disk, const std::string& path) {
  Opened opened{TRY(disk.open(path, {})), {}};
  const gpt::Geometry geometry = TRY(measure(*opened.file));
  const gpt::ReadAt read = [&](uint64_t offset, uint64_t size) -> Result<Bytes> {
    Bytes bytes(size, '\0');
    if (TRY(opened.file->read_at(offset, bytes.data(), size)) == size) return bytes;
    return fail(Code::kOutOfRange, format("{} ends early", path));
  };
  opened.found = gpt::inspect(geometry, read);
  if (opened.found.is_usable()) return opened;
  return fail(Code::kFailedPrecondition, format("{} has no partition table", path));
}

Result<void> carry_out(File& file, const gpt::Plan& plan) {
  for (const auto& stage : plan.stages) {
    for (const gpt::Write& write : stage) TRY(file.write_at(write.offset, write.bytes));
    TRY(file.sync_data());
  }
  return {};
}

// With the repairs of `cgpt repair`.
Result<void> write_table(Opened& opened, const gpt::Table& table) {
  gpt::Mbr mbr = opened.found.mbr.value_or(gpt::Mbr());
  mbr.protect(opened.found.disk, table);
  return carry_out(*opened.file, gpt::plan_update(opened.found, table, mbr));
}

Result<gpt::Entry*> slot_in(gpt::Table& table, const SlotOfDisk& slot) {
  const bool is_there = slot.number >= 1 && slot.number <= table.entries.size();
  gpt::Entry* entry = is_there ? &table.entries[slot.number - 1] : nullptr;
  if (entry != nullptr && gpt::is_slot(*entry)) return entry;
  return fail(Code::kFailedPrecondition,
              format("partition {} of {} is no /usr slot", slot.number, slot.disk));
}

}  // namespace

Result<SlotOfDisk> slot_of_device(const std::string& device, const std::string& sys) {
  struct stat info{};
  if (::stat(device.c_str(), &info) != 0) return fail(system_error("stat " + device, errno));
  const fs::path entry =
      fs::path(sys) / "dev/block" / format("{}:{}", major(info.st_rdev), minor(info.st_rdev));
  const auto number = read_file(real_disk(), (entry / "partition").string(), 64);
  std::error_code error;
  const fs::path place = fs::canonical(entry, error);
  const auto parsed = number ? parse_uint(trim(*number)) : std::nullopt;
  if (!S_ISBLK(info.st_mode) || error || !parsed) {
    return fail(Code::kFailedPrecondition, format("{} is no partition", device));
  }
  return SlotOfDisk{.disk = "/dev/" + place.parent_path().filename().string(),
                    .number = static_cast<uint32_t>(*parsed)};
}

Result<SlotStanding> standing_of(Disk& disk, const SlotOfDisk& slot) {
  Opened opened = TRY(open_disk(disk, slot.disk));
  gpt::Table table = gpt::table_of(opened.found);
  SlotStanding standing{.is_good = TRY(slot_in(table, slot))->attributes.is_successful()};
  for (size_t i = 0; i < table.entries.size(); ++i) {
    const gpt::Entry& entry = table.entries[i];
    const bool boots =
        gpt::is_slot(entry) && gpt::is_bootable(entry) && entry.attributes.priority() > 0;
    standing.has_other = standing.has_other || (boots && i + 1 != slot.number);
  }
  return standing;
}

Result<void> mark_good(Disk& disk, const SlotOfDisk& slot) {
  Opened opened = TRY(open_disk(disk, slot.disk));
  gpt::Table table = gpt::repaired(opened.found);
  gpt::mark_good(*TRY(slot_in(table, slot)));
  TRY(gpt::prioritize(table, {.number = slot.number}));
  return write_table(opened, table);
}

Result<void> give_up(Disk& disk, const SlotOfDisk& slot) {
  if (!TRY(standing_of(disk, slot)).has_other) {
    return fail(Code::kFailedPrecondition, format("{} has no other slot to boot", slot.disk));
  }
  Opened opened = TRY(open_disk(disk, slot.disk));
  gpt::Table table = gpt::repaired(opened.found);
  gpt::Attributes& attributes = TRY(slot_in(table, slot))->attributes;
  attributes.set_successful(false);
  attributes.set_tries(0);
  attributes.set_priority(0);
  return write_table(opened, table);
}

}  // namespace argosy::update_engine
