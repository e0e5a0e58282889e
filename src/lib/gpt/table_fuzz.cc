// Any bytes as a disk: inspecting ends; what is usable can be repaired and says the same
// afterwards. The first byte chooses sector size, length, and whether checksums are made
// right first, since chance does not guess them.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "lib/gpt/crc32.h"
#include "lib/gpt/memory_disk_test.h"

using namespace argosy;
using namespace argosy::gpt;

namespace {

void make_checksums_right(MemoryDisk& disk, uint64_t header_lba) {
  const uint64_t sector_bytes = disk.geometry.sector_bytes;
  char* sector = disk.bytes.data() + header_lba * sector_bytes;
  const Header header = parse_header({sector, sector_bytes});
  const uint64_t size = header.table_bytes();
  const uint64_t sectors = disk.geometry.sectors_for(size);
  if (size <= kMaxTableBytes && header.table_lba < disk.geometry.sectors &&
      sectors <= disk.geometry.sectors - header.table_lba) {
    const BytesView table = BytesView(disk.bytes).substr(header.table_lba * sector_bytes, size);
    store_le32(sector + kHeaderTableCrc, crc32(table));
  }
  store_le32(sector + kHeaderCrc, header_crc_of({sector, sector_bytes}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint32_t sector_bytes = (data[0] & 1) != 0 ? 4096 : 512;
  MemoryDisk disk({sector_bytes, 70 + uint64_t{data[0]} / 8});
  // A quarter each for the headers and for what the tables start with; zeros elsewhere.
  const BytesView rest(reinterpret_cast<const char*>(data + 1), size - 1);
  const uint64_t last = disk.geometry.last_lba();
  const uint64_t tables = disk.geometry.sectors_for(kDefaultEntryCount * kEntryBytes);
  const uint64_t places[] = {kPrimaryHeaderLba, kPrimaryTableLba, last - tables, last};
  const size_t share = std::min<size_t>(rest.size() / 4, sector_bytes);
  for (size_t i = 0; i < 4; ++i) {
    disk.bytes.replace(places[i] * sector_bytes, share, rest.substr(i * share, share));
  }
  if ((data[0] & 2) != 0) make_checksums_right(disk, 1);
  if ((data[0] & 4) != 0) make_checksums_right(disk, disk.geometry.last_lba());
  const Inspection found = disk.look();
  if (!found.is_usable()) return 0;
  const Table table = table_of(found);
  check(fits(table, disk.geometry), "a usable table fits");
  check(judge_entries(table) == Defect::kNone, "a usable table is right");
  disk.apply(plan_update(found, repaired(found), found.mbr.value_or(Mbr())));
  const Inspection again = disk.look();
  check(again.is_clean(), "what was repaired is clean");
  check(table_of(again).entries == table.entries, "a repair keeps the partitions");
  return 0;
}
