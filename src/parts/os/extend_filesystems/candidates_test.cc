#include "parts/os/extend_filesystems/candidates.h"

#include <doctest/doctest.h>

using namespace argosy;
using namespace argosy::os;

namespace {

constexpr std::string_view kMountinfo =
    "22 28 0:20 / /proc rw,nosuid shared:5 - proc proc rw\n"
    "28 1 8:9 / / rw,relatime shared:1 - ext4 /dev/sda9 rw\n"
    "29 28 8:9 /var/lib/x /media/with\\040space rw - ext4 /dev/sda9 rw\n"
    "30 28 254:0 / /usr ro,relatime - ext2 /dev/mapper/usr ro\n"
    "31 28 0:40 / /data rw,relatime - btrfs /dev/vdb1 rw,subvolid=5\n"
    "32 28 8:33 / /srv rw shared:9 master:2 - xfs /dev/sdc1 rw\n"
    "33 28 0:41 / /tmp rw - tmpfs tmpfs rw\n"
    "34 28 0:42 / /mnt rw - btrfs btrfs-without-device rw\n"
    "not a line of it\n";

}  // namespace

TEST_CASE("mountinfo line by line") {
  const std::vector<Mount> mounts = parse_mounts(kMountinfo);
  REQUIRE(mounts.size() == 8);
  CHECK(mounts[1] == Mount{{8, 9}, "/", "rw,relatime", "ext4", "/dev/sda9"});
  CHECK(mounts[2].point == "/media/with space");
  CHECK(mounts[4].number == DeviceNumber{0, 40});
  CHECK(mounts[5].source == "/dev/sdc1");
}

TEST_CASE("the mount that a path lies on") {
  const std::vector<Mount> mounts = parse_mounts(kMountinfo);
  CHECK(mount_of(mounts, "/")->point == "/");
  CHECK(mount_of(mounts, "/usr/bin")->source == "/dev/mapper/usr");
  CHECK(mount_of(mounts, "/usrlocal")->point == "/");
  CHECK(mount_of(mounts, "/srv")->type == "xfs");
  CHECK(mount_of({}, "/srv") == nullptr);
}

TEST_CASE("each device once, and only what grows while mounted") {
  const std::vector<Candidate> expected = {
      {FilesystemType::kExt4, "/dev/sda9", "/"},
      {FilesystemType::kBtrfs, "/dev/vdb1", "/data"},
      {FilesystemType::kXfs, "/dev/sdc1", "/srv"},
  };
  CHECK(candidates(parse_mounts(kMountinfo)) == expected);
  CHECK_FALSE(growable_type("ext2"));
  CHECK_FALSE(growable_type("vfat"));
}

TEST_CASE("the commands") {
  using Words = std::vector<std::string>;
  CHECK(growth_command({FilesystemType::kExt4, "/dev/sda9", "/"}, 0) ==
        Words{"resize2fs", "/dev/sda9"});
  CHECK(growth_command({FilesystemType::kXfs, "/dev/sdc1", "/srv"}, 0) ==
        Words{"xfs_growfs", "/srv"});
  CHECK(growth_command({FilesystemType::kBtrfs, "/dev/vdb1", "/data"}, 3) ==
        Words{"btrfs", "filesystem", "resize", "3:max", "/data"});
}
