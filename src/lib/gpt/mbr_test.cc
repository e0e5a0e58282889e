#include "lib/gpt/mbr.h"

#include <doctest/doctest.h>

#include "lib/gpt/table.h"
#include "lib/gpt/types.h"

using namespace argosy;
using namespace argosy::gpt;

namespace {

// The four old partitions, in hex.
std::string partitions(const Mbr& mbr) {
  return to_hex(mbr.bytes().substr(446, 64));
}

const std::string kNoPartition(32, '0');

Table table_with_legacy_boot(const Geometry& disk, uint64_t first, uint64_t last) {
  Table table = empty_table(disk, kEfiSystem);
  Entry entry;
  entry.type = kEfiSystem;
  entry.unique = kLinuxData;
  entry.first_lba = first;
  entry.last_lba = last;
  entry.attributes.set_legacy_bootable(true);
  check(put(table, 3, entry).has_value());
  return table;
}

}  // namespace

TEST_CASE("one protective partition over the whole disk") {
  Mbr mbr;
  CHECK(mbr.text() == "Unknown");
  mbr.protect({512, 1000});
  CHECK(partitions(mbr) ==
        "00000100eefeffff01000000e7030000" + kNoPartition + kNoPartition + kNoPartition);
  CHECK(mbr.text() == "Protective MBR");
  mbr.protect({512, uint64_t{1} << 33});
  CHECK(partitions(mbr).substr(0, 32) == "00000100eefeffff01000000ffffffff");
}

TEST_CASE("a legacy-bootable partition comes first in a hybrid table") {
  const Geometry disk{512, 20000000};
  Mbr mbr;
  mbr.protect(disk, table_with_legacy_boot(disk, 4096, 266239));
  CHECK(mbr.text() == "Hybrid MBR");
  // Sector 4096 is cylinder 0, head 65, sector 2; 266239 is 16, 146, 2.
  CHECK(partitions(mbr) ==
        "804102000c9202100010000000000400"
        "00000200ee4101000100000"
        "0ff0f0000" +
            kNoPartition + kNoPartition);
  // Beyond 1024 cylinders all is as large as can be said.
  mbr.protect(disk, table_with_legacy_boot(disk, 17000000, 17000001));
  CHECK(partitions(mbr).substr(0, 32) == "80feffff0cfeffff4066030102000000");
}

TEST_CASE("a partition that 32 bits cannot reach is left out") {
  const Geometry disk{512, uint64_t{1} << 33};
  Mbr mbr;
  mbr.protect(disk, table_with_legacy_boot(disk, 4096, uint64_t{1} << 32));
  CHECK(mbr.text() == "Protective MBR");
}

TEST_CASE("boot code and disk id stay") {
  Mbr mbr(Bytes(512, 'x'));
  mbr.protect({512, 1000});
  CHECK(mbr.bytes().substr(0, 446) == Bytes(446, 'x'));
  CHECK(to_hex(mbr.bytes().substr(510)) == "55aa");
}

TEST_CASE("SYSLINUX 3 finds what to boot by GUID") {
  Mbr mbr;
  mbr.protect({512, 1000});
  mbr.mark_syslinux();
  CHECK(mbr.text() == "PMBR (SYSLINUX3)");
  mbr.set_boot_guid(kLinuxData);
  CHECK(mbr.boot_guid() == kLinuxData);
  CHECK(mbr.text() == "PMBR (SYSLINUX3, Boot GUID: 0FC63DAF-8483-4772-8E79-3D69D8477DE4)");
  mbr.set_boot_code(Bytes(500, 'c'));
  CHECK(mbr.bytes().substr(0, 424) == Bytes(424, 'c'));
  CHECK(mbr.boot_guid() == kLinuxData);
}
