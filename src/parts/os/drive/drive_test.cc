// Drives that are files, and a made-up sysfs.
#include "parts/os/drive/drive.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/check.h"
#include "base/format.h"
#include "parts/os/drive/devices.h"
#include "parts/os/drive/grow.h"
#include "parts/os/drive/sanity.h"
#include "sys/file/disk.h"

using namespace argosy;
using namespace argosy::os;

namespace {

class Directory {
 public:
  Directory() {
    char pattern[] = "/tmp/drive_test.XXXXXX";
    path_ = ::mkdtemp(pattern);
  }
  ~Directory() { (void)remove_all(real_disk(), path_); }
  std::string at(std::string_view name) const { return format("{}/{}", path_, name); }
  void write(std::string_view name, BytesView content) const {
    const std::string path = at(name);
    check(real_disk().make_directories(parent_path(path), 0755).has_value());
    check(replace_file(real_disk(), path, content).has_value());
  }

 private:
  std::string path_;
};

gpt::Table small_table(const gpt::Geometry& disk) {
  gpt::Table table = gpt::empty_table(disk, gpt::random_guid(1, 2));
  gpt::Entry entry;
  entry.type = gpt::random_guid(3, 4);
  entry.unique = gpt::random_guid(5, 6);
  entry.first_lba = 100;
  entry.last_lba = 199;
  check(gpt::put(table, 1, entry).has_value());
  return table;
}

void store(Drive& drive) {
  const gpt::Table table = small_table(drive.geometry());
  gpt::Mbr mbr;
  mbr.protect(drive.geometry());
  check(drive.carry_out(gpt::plan_update(drive.inspect(), table, mbr)).has_value());
}

std::string message(const Result<Drive>& drive) {
  return drive.error().message();
}

}  // namespace

TEST_CASE("an image is created, extended, and written by a plan") {
  const Directory directory;
  const std::string path = directory.at("disk");
  {
    auto drive = Drive::open(path, {.write = true, .create = true, .min_sectors = 300});
    REQUIRE(drive);
    CHECK(drive->geometry() == gpt::Geometry{512, 300});
    CHECK(drive->inspect().verdict == gpt::Verdict::kNoHeader);
    store(*drive);
    CHECK(drive->inspect().is_clean());
  }
  auto drive = Drive::open(path, {.write = true, .min_sectors = 400});
  REQUIRE(drive);
  CHECK(drive->geometry().sectors == 400);
  CHECK(drive->inspect().is_usable());
  CHECK(gpt::table_of(drive->inspect()) == small_table({512, 300}));
}

TEST_CASE("an image of a disk with sectors of 4096 bytes shows it by its table") {
  const Directory directory;
  const std::string path = directory.at("disk");
  const gpt::Geometry disk{4096, 300};
  Bytes bytes(disk.sectors * disk.sector_bytes, '\0');
  const gpt::Plan plan =
      gpt::plan_update(gpt::inspect(disk, gpt::reader_of(bytes)), small_table(disk), gpt::Mbr());
  for (const auto& stage : plan.stages) {
    for (const gpt::Write& write : stage) {
      bytes.replace(write.offset, write.bytes.size(), write.bytes);
    }
  }
  directory.write("disk", bytes);
  const auto drive = Drive::open(path, {});
  REQUIRE(drive);
  CHECK(drive->geometry() == disk);
  CHECK(gpt::table_of(drive->inspect()) == small_table(disk));
}

TEST_CASE("what cannot be a drive, in cgpt's words") {
  const Directory directory;
  const std::string missing = directory.at("missing");
  CHECK(message(Drive::open(missing, {})) ==
        format("Can't open {}: No such file or directory", missing));
  CHECK(message(Drive::open("/dev/null", {})) ==
        "Can't read drive size from /dev/null: Inappropriate ioctl for device");
  directory.write("empty", "");
  CHECK(message(Drive::open(directory.at("empty"), {})) == "Can't read enough: 0, not 512");
  directory.write("short", Bytes(512 * 20, '\0'));
  CHECK(message(Drive::open(directory.at("short"), {})) == "Can't read enough: 9216, not 16384");
  directory.write("odd", Bytes(512 * 100 + 1, '\0'));
  CHECK(message(Drive::open(directory.at("odd"), {})) ==
        "Media size (51201) is not a multiple of sector size(512)");
  directory.write("small", Bytes(512 * 100, '\0'));
  CHECK(message(Drive::open(directory.at("small"), {.min_sectors = 200})) ==
        format("Drive {} is smaller than minimum: 200", directory.at("small")));
}

TEST_CASE("who writes has the drive alone, who reads does not mind") {
  const Directory directory;
  const std::string path = directory.at("disk");
  directory.write("disk", Bytes(512 * 100, 'x'));
  const Fd other(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  {
    const auto writer = Drive::open(path, {.write = true});
    REQUIRE(writer);
    CHECK(::flock(other.get(), LOCK_EX | LOCK_NB) < 0);
    CHECK(Drive::open(path, {}));
  }
  CHECK(::flock(other.get(), LOCK_EX | LOCK_NB) == 0);
}

TEST_CASE("reads end where the drive ends") {
  const Directory directory;
  directory.write("disk", Bytes(512 * 100, 'x'));
  const auto drive = Drive::open(directory.at("disk"), {});
  REQUIRE(drive);
  CHECK(drive->read(512 * 99, 512) == Bytes(512, 'x'));
  CHECK(drive->read(512 * 99, 513).error().code() == Code::kOutOfRange);
}

TEST_CASE("verdicts as numbers") {
  CHECK(sanity_text(gpt::Verdict::kUsable) == "GptSanityCheck() returned 0: GPT_SUCCESS");
  CHECK(returned_text(gpt::Verdict::kNoHeader) == "returned 2: GPT_ERROR_INVALID_HEADERS");
  CHECK(returned_text(gpt::Verdict::kNoTable) == "returned 3: GPT_ERROR_INVALID_ENTRIES");
  CHECK(returned_text(gpt::Verdict::kBadSectorSize) == "returned 4: GPT_ERROR_INVALID_SECTOR_SIZE");
  CHECK(returned_text(gpt::Verdict::kTooSmall) == "returned 5: GPT_ERROR_INVALID_SECTOR_NUMBER");
}

TEST_CASE("device numbers and /proc/partitions") {
  CHECK(parse_device_number("259:3\n") == DeviceNumber{259, 3});
  CHECK_FALSE(parse_device_number("259"));
  CHECK_FALSE(parse_device_number("a:b"));
  CHECK_FALSE(parse_device_number("4294967296:0"));
  const std::vector<std::string> names = parse_partitions(
      "major minor  #blocks  name\n\n   8        0  268435456 sda\n   8        1     131072 sda1\n"
      " 104        0        100 cciss/c0d0\n");
  CHECK(names == std::vector<std::string>{"sda", "sda1", "cciss/c0d0"});
}

TEST_CASE("files are drives themselves; a partition leads to its disk") {
  const Directory directory;
  directory.write("file", "x");
  const DeviceTree tree{directory.at("sys"), directory.at("dev"), directory.at("proc")};
  const auto file = resolve_drive(tree, directory.at("file"), 7);
  REQUIRE(file);
  CHECK(file->disk == directory.at("file"));
  CHECK(file->number == 7);
  CHECK(resolve_drive(tree, "", 0).error().message() == "empty drive argument");
  CHECK(resolve_drive(tree, "/nonexistent", 0).error().message() ==
        "unable to access device /nonexistent: No such file or directory");
  // As sysfs has it: the link of a partition leads into its disk's directory.
  directory.write("sys/devices/sda/dev", "8:0\n");
  directory.write("sys/devices/sda/uevent", "MAJOR=8\nDEVNAME=sda\n");
  directory.write("sys/devices/sda/sda3/dev", "8:3\n");
  directory.write("sys/devices/sda/sda3/partition", "3\n");
  check(real_disk().make_directories(directory.at("sys/dev/block"), 0755).has_value());
  check(::symlink("../../devices/sda", directory.at("sys/dev/block/8:0").c_str()) == 0);
  check(::symlink("../../devices/sda/sda3", directory.at("sys/dev/block/8:3").c_str()) == 0);
  const auto partition = partition_of(tree, "/dev/sda3", {8, 3});
  REQUIRE(partition);
  REQUIRE(*partition);
  CHECK((*partition)->disk == directory.at("dev/sda"));
  CHECK((*partition)->number == 3);
  const auto whole = partition_of(tree, "/dev/sda", {8, 0});
  REQUIRE(whole);
  CHECK_FALSE(*whole);
  CHECK(partition_of(tree, "/dev/sdb", {8, 16}).error().message() ==
        "unable to map /dev/sdb to a whole disk device");
  check(real_disk().make_directories(directory.at("dev"), 0755).has_value());
  if (::mknod(directory.at("dev/sda3").c_str(), S_IFBLK | 0600, makedev(8, 3)) < 0) {
    MESSAGE("left out: no right to make device nodes");
    return;
  }
  CHECK(resolve_drive(tree, directory.at("dev/sda3"), 0)->disk == directory.at("dev/sda"));
  CHECK(resolve_drive(tree, directory.at("dev/sda3"), 3)->number == 3);
  CHECK(resolve_drive(tree, directory.at("dev/sda3"), 4).error().message() ==
        format("device {} is partition 3 but 4 was specified", directory.at("dev/sda3")));
}

TEST_CASE("only disks with a device behind them are searched") {
  const Directory directory;
  const DeviceTree tree{directory.at("sys"), directory.at("dev"), directory.at("proc")};
  CHECK_FALSE(whole_disks(tree));
  directory.write("proc/partitions", "   8  0  100 sda\n   8  1  50 sda1\n   7  0  10 loop0\n");
  check(real_disk().make_directories(directory.at("dev"), 0755).has_value());
  check(real_disk().make_directories(directory.at("sys/block/sda"), 0755).has_value());
  check(real_disk().make_directories(directory.at("sys/block/loop0"), 0755).has_value());
  check(::symlink("../../x", directory.at("sys/block/sda/device").c_str()) == 0);
  CHECK(whole_disks(tree)->empty());
  for (const auto& [name, number] : {std::pair{"sda", makedev(8, 0)}, {"loop0", makedev(7, 0)}}) {
    if (::mknod(directory.at(format("dev/{}", name)).c_str(), S_IFBLK | 0600, number) < 0) {
      MESSAGE("left out: no right to make device nodes");
      return;
    }
  }
  CHECK(whole_disks(tree) == std::vector<std::string>{directory.at("dev/sda")});
}

TEST_CASE("growing asks for a partition's device") {
  CHECK(grow_partition({}, "/nonexistent").error().message() == "device not found /nonexistent");
  CHECK(grow_partition({}, "/dev/null").error().message() == "device not found /dev/null");
}
