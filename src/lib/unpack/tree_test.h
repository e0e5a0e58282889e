// Trees and archives for the tests of this folder.
#pragma once

#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <map>
#include <string>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <vector>

#include "base/format.h"
#include "base/text.h"
#include "lib/tar/writer.h"
#include "sys/file/disk.h"
#include "sys/file/fd.h"

namespace argosy::unpack {

// A directory that goes away with what is in it. "root" in it is to be filled; "outside" must
// stay as it is.
class Sandbox {
 public:
  Sandbox() {
    char pattern[] = "/tmp/argosy-unpack-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    path_ = pattern;
    REQUIRE(::mkdir(root().c_str(), 0755) == 0);
    REQUIRE(::mkdir((path_ + "/outside").c_str(), 0755) == 0);
    const Fd file(::open((path_ + "/outside/file").c_str(), O_WRONLY | O_CREAT, 0640));
    REQUIRE(::write(file.get(), "precious", 8) == 8);
    fd_ = open_root();
  }
  ~Sandbox() { CHECK(::system(("rm -rf " + path_).c_str()) == 0); }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  std::string root() const { return path_ + "/root"; }
  int fd() const { return fd_.get(); }
  bool is_outside_untouched() const {
    struct stat info{};
    const std::string file = path_ + "/outside/file";
    return ::stat(file.c_str(), &info) == 0 && info.st_size == 8 && info.st_nlink == 1 &&
           (info.st_mode & 07777) == 0640 && real_disk().list(path_ + "/outside")->size() == 1 &&
           real_disk().list(path_)->size() == 2;
  }

 private:
  Fd open_root() const { return Fd(::open(root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

  std::string path_;
  Fd fd_;
};

// One line a file: "path kind mode content". Directories end with a slash.
inline std::string describe(const std::string& path, const std::string& shown) {
  struct stat info{};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  const std::string mode = format("{:o}", info.st_mode & 07777);
  if (S_ISDIR(info.st_mode)) return format("{}/ {}", shown, mode);
  if (S_ISREG(info.st_mode)) return format("{} {} {}", shown, mode, *read_file(real_disk(), path));
  if (S_ISFIFO(info.st_mode)) return format("{} {} fifo", shown, mode);
  if (S_ISLNK(info.st_mode)) {
    char target[300];
    const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
    return format("{} -> {}", shown, std::string_view(target, static_cast<size_t>(size)));
  }
  return format("{} {} {} {}:{}", shown, mode, S_ISCHR(info.st_mode) ? "char" : "block",
                major(info.st_rdev), minor(info.st_rdev));
}

inline void list_into(const std::string& path, const std::string& shown,
                      std::vector<std::string>& lines) {
  const auto names = real_disk().list(path);
  REQUIRE(names.has_value());
  for (const std::string& name : *names) {
    const std::string below = shown.empty() ? name : format("{}/{}", shown, name);
    const std::string full = format("{}/{}", path, name);
    lines.push_back(describe(full, below));
    struct stat info{};
    REQUIRE(::lstat(full.c_str(), &info) == 0);
    if (S_ISDIR(info.st_mode)) list_into(full, below, lines);
  }
}

inline std::vector<std::string> lines_of(const Sandbox& sandbox) {
  std::vector<std::string> lines;
  list_into(sandbox.root(), "", lines);
  return lines;
}

struct Item {
  tar::Entry entry;
  Bytes content;
};
inline Item item(tar::Type type, std::string path, std::string link = {}, uint32_t mode = 0644) {
  Item out;
  out.entry.path = std::move(path);
  out.entry.type = type;
  out.entry.link = std::move(link);
  out.entry.mode = mode;
  out.entry.uid = ::geteuid();
  out.entry.gid = ::getegid();
  out.entry.mtime = 1'600'000'000;
  return out;
}
inline Item file(std::string path, Bytes content = {}, uint32_t mode = 0644) {
  Item out = item(tar::Type::kFile, std::move(path), {}, mode);
  out.entry.size = content.size();
  out.content = std::move(content);
  return out;
}
inline Item directory(std::string path, uint32_t mode = 0755) {
  return item(tar::Type::kDirectory, std::move(path), {}, mode);
}
inline Item symlink(std::string path, std::string target) {
  return item(tar::Type::kSymlink, std::move(path), std::move(target), 0777);
}
inline Item hard_link(std::string path, std::string target) {
  return item(tar::Type::kHardLink, std::move(path), std::move(target));
}

inline Bytes archive_of(const std::vector<Item>& items) {
  Bytes out;
  tar::Writer writer([&](BytesView bytes) -> Result<void> {
    out += bytes;
    return {};
  });
  for (const Item& each : items) {
    REQUIRE(writer.add(each.entry).has_value());
    REQUIRE(writer.write(each.content).has_value());
  }
  REQUIRE(writer.finish().has_value());
  return out;
}

}  // namespace argosy::unpack
