// Real images, mounted for real: only as root.
#include "parts/update_engine/slots/postinst.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sys/mount.h>
#include <unistd.h>

#include "base/format.h"
#include "sys/file/disk.h"

namespace argosy::update_engine {
namespace {

namespace fs = std::filesystem;

class Image {
 public:
  Image() {
    std::string pattern = "/tmp/argosy-postinst-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
    fs::create_directories(path("tree"));
    fs::create_directories(path("tmp"));
  }
  ~Image() { fs::remove_all(path_); }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  std::string path(std::string_view name) const { return format("{}/{}", path_, name); }
  std::string device() const { return path("image"); }

  void put_script(std::string_view body) {
    std::ofstream(path("tree/postinst")) << "#!/bin/sh\n" << body << "\n";
    fs::permissions(path("tree/postinst"), fs::perms::owner_all);
  }
  void make(std::string_view tool = "mke2fs -q -t ext4 -d {0}/tree {0}/image 2M") {
    const std::string command = format("( {} ) > {}/log 2>&1", with_path(tool), path_);
    CAPTURE(command);
    REQUIRE(std::system(command.c_str()) == 0);
  }
  PostinstOutcome run(std::vector<std::string> arguments = {}, Duration limit = minutes(1)) const {
    return run_postinst({.device = device(),
                         .arguments = std::move(arguments),
                         .limit = limit,
                         .temporary_directory = path("tmp")});
  }
  // Nothing is left mounted, and no mount point.
  bool is_clean() const { return fs::is_empty(path("tmp")); }
  std::string said() const {
    const auto text = read_file(real_disk(), path("said"));
    return text ? *text : "";
  }

 private:
  std::string with_path(std::string_view text) const {
    std::string out(text);
    for (size_t at = 0; (at = out.find("{0}", at)) != std::string::npos;) {
      out.replace(at, 3, path_);
    }
    return out;
  }
  std::string path_;
};

bool is_root() {
  if (::geteuid() == 0) return true;
  MESSAGE("skipped: mounting an image needs root");
  return false;
}

TEST_CASE("it is told the device and what follows, in an image that can't be written") {
  if (!is_root()) return;
  for (const char* tool :
       {"mke2fs -q -t ext4 -d {0}/tree {0}/image 2M", "mke2fs -q -t ext2 -d {0}/tree {0}/image 2M",
        "mksquashfs {0}/tree {0}/image -quiet -no-progress"}) {
    CAPTURE(tool);
    Image image;
    image.put_script(
        format("echo \"$@\" > {0}/said; touch \"$(dirname $0)/x\" 2>/dev/null "
               "&& echo written >> {0}/said; exit 0",
               image.path("tmp/..")));
    image.make(tool);
    const PostinstOutcome outcome = image.run({"KERNEL=/vmlinuz-b", "--flag"});
    CHECK_EQ(outcome.text, "");
    CHECK_EQ(outcome.code, ErrorCode::kSuccess);
    CHECK_EQ(image.said(), format("{} KERNEL=/vmlinuz-b --flag\n", image.device()));
    CHECK(image.is_clean());
  }
}

TEST_CASE("how it ends is the update's end") {
  if (!is_root()) return;
  struct Row {
    const char* body;
    ErrorCode code;
    const char* text;
  };
  for (const Row& row :
       {Row{"exit 1", ErrorCode::kPostinstallRunnerError, "Postinst command failed: "},
        Row{"exit 3", ErrorCode::kPostinstallBootedFromFirmwareB, "Postinst command failed: "},
        Row{"kill -KILL $$", ErrorCode::kPostinstallRunnerError, "Postinst command failed: "}}) {
    CAPTURE(row.body);
    Image image;
    image.put_script(row.body);
    image.make();
    const PostinstOutcome outcome = image.run();
    CHECK_EQ(outcome.code, row.code);
    CHECK(outcome.text.starts_with(row.text));
    CHECK(image.is_clean());
  }
}

TEST_CASE("an image without a program of its own is refused") {
  if (!is_root()) return;
  Image image;
  SUBCASE("nothing") {}
  SUBCASE("a link out of it") {
    fs::create_symlink("/bin/true", image.path("tree/postinst"));
  }
  SUBCASE("a directory") {
    fs::create_directory(image.path("tree/postinst"));
  }
  SUBCASE("not executable") {
    image.put_script("exit 0");
    fs::permissions(image.path("tree/postinst"), fs::perms::owner_read);
  }
  image.make();
  const PostinstOutcome outcome = image.run();
  CHECK_EQ(outcome.code, ErrorCode::kPostinstallRunnerError);
  CHECK(outcome.text.contains("postinst"));
  CHECK(image.is_clean());
}

TEST_CASE("what is no file system can't be mounted, and leaves nothing") {
  if (!is_root()) return;
  const Image image;
  std::ofstream(image.device()) << std::string(1 << 20, 'x');
  const PostinstOutcome outcome = image.run();
  CHECK_EQ(outcome.code, ErrorCode::kPostinstallRunnerError);
  CHECK(
      outcome.text.starts_with(format("Unable to mount destination device {}: ", image.device())));
  CHECK(image.is_clean());
}

TEST_CASE("one that hangs is killed, and its mount goes") {
  if (!is_root()) return;
  Image image;
  image.put_script("sleep 1000 & sleep 1000");
  image.make();
  const PostinstOutcome outcome = image.run({}, milliseconds(300));
  CHECK_EQ(outcome.code, ErrorCode::kPostinstallRunnerError);
  CHECK(image.is_clean());
}

TEST_CASE("what a killed run left is cleared, and nothing else") {
  if (!is_root()) return;
  const Image image;
  const std::string mounted = image.path("tmp/au_postint_mount.abcdef");
  const std::string full = image.path("tmp/au_postint_mount.full");
  const std::string other = image.path("tmp/other");
  for (const std::string& path : {mounted, full, other}) fs::create_directory(path);
  std::ofstream(full + "/somebody's") << "file";
  REQUIRE(::mount("argosy-test", mounted.c_str(), "tmpfs", 0, nullptr) == 0);
  REQUIRE(clear_postinst_leftovers(image.path("tmp")).has_value());
  CHECK_FALSE(fs::exists(mounted));
  CHECK(fs::exists(full + "/somebody's"));
  CHECK(fs::exists(other));
}

}  // namespace
}  // namespace argosy::update_engine
