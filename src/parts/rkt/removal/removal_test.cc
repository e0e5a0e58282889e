#include "parts/rkt/removal/removal.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sys/mount.h>
#include <unistd.h>

namespace argosy::rkt {
namespace {

namespace fs = std::filesystem;

TEST_CASE("mounts below a path") {
  constexpr std::string_view kText =
      "22 28 0:20 / /sys rw - sysfs sysfs rw\n"
      "30 22 0:30 / /data/pods/a rw - tmpfs t rw\n"
      "31 30 0:31 / /data/pods/a/b\\040c rw - tmpfs t rw\n"
      "33 30 0:31 / /data/pods/a/b\\040c rw - tmpfs t rw\n"
      "32 22 0:32 / /data/pods/ab rw - tmpfs t rw\nshort line\n";
  CHECK(mounts_below(kText, "/data/pods/a") ==
        std::vector<std::string>{"/data/pods/a/b c", "/data/pods/a/b c", "/data/pods/a"});
  CHECK(mounts_below(kText, "/other").empty());
}

TEST_CASE("links are removed, not what they lead to; mounts keep what they hold") {
  std::string root = "/tmp/argosy-removal-XXXXXX";
  REQUIRE(::mkdtemp(root.data()) != nullptr);
  fs::create_directories(root + "/kept/dir");
  std::ofstream(root + "/kept/dir/file") << "1";
  fs::create_directories(root + "/tree/a/b");
  fs::create_directory_symlink(root + "/kept", root + "/tree/a/link");
  fs::create_symlink("/nowhere/at/all", root + "/tree/a/b/dangling");
  const std::string mounted = root + "/tree/a/b";
  const bool can_mount =
      ::mount((root + "/kept").c_str(), mounted.c_str(), nullptr, MS_BIND, nullptr) == 0;
  if (can_mount) {
    CHECK(remove_tree(root + "/tree").error().code() == Code::kFailedPrecondition);
    CHECK(fs::exists(root + "/kept/dir/file"));
    CHECK(unmount_below(root + "/tree").has_value());
  } else {
    MESSAGE("skipped in part: cannot mount here");
  }
  CHECK(remove_tree(root + "/tree").has_value());
  CHECK(!fs::exists(root + "/tree"));
  CHECK(fs::exists(root + "/kept/dir/file"));
  CHECK(remove_tree(root + "/tree").has_value());
  fs::remove_all(root);
}

}  // namespace
}  // namespace argosy::rkt
