#include "parts/rkt/store/tree_hash.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"
#include "lib/json/json.h"
#include "parts/rkt/store/key.h"
#include "sys/crypto/sha512.h"
#include "sys/file/disk.h"
#include "sys/file/fd.h"

namespace argosy::rkt {
namespace {

constexpr std::array<std::string_view, 4> kOwn{"manifest", "hash", "rendered", "image"};

Error path_error(const char* call, const std::string& path) {
  return system_error(std::string(call) + " " + path, errno);
}

// tar's flags.
int flag_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFLNK:
      return '2';
    case S_IFCHR:
      return '3';
    case S_IFBLK:
      return '4';
    case S_IFDIR:
      return '5';
    case S_IFIFO:
      return '6';
    default:
      return '0';
  }
}

class Summing {
 public:
  explicit Summing(std::string root) : root_(std::move(root)) {}

  Result<void> walk(const std::string& below) {
    for (const std::string& name : TRY(real_disk().list(join_path(root_, below)))) {
      const bool is_own = below.empty() && std::ranges::find(kOwn, name) != kOwn.end();
      if (!is_own) TRY(add(join_path(below, name)));
    }
    return {};
  }
  TreeSum finish() { return {.hash = key_of(hash_.finish()), .bytes = bytes_}; }

 private:
  Result<void> add(const std::string& path) {
    const std::string whole = join_path(root_, path);
    struct stat info{};
    if (::lstat(whole.c_str(), &info) != 0) return fail(path_error("lstat", whole));
    if (S_ISSOCK(info.st_mode)) return {};
    bytes_ += S_ISREG(info.st_mode) ? static_cast<uint64_t>(info.st_size) : 0;
    const std::string first = first_name(info, path);
    hash_.update(TRY(header_of(info, path, whole, first)));
    if (S_ISREG(info.st_mode) && first.empty()) TRY(add_content(whole));
    if (S_ISDIR(info.st_mode)) return walk(path);
    return {};
  }

  // The name under which a file was met before; empty: it is new.
  std::string first_name(const struct stat& info, const std::string& path) {
    if (!S_ISREG(info.st_mode) || info.st_nlink < 2) return {};
    const auto [at, is_new] = links_.emplace(info.st_ino, path);
    return is_new ? std::string() : at->second;
  }

  static Result<std::string> header_of(const struct stat& info, const std::string& path,
                                       const std::string& whole, const std::string& first) {
    const bool is_link = !first.empty();
    const bool is_device = S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode);
    std::string target = first;
    if (S_ISLNK(info.st_mode)) {
      std::array<char, 4096> buffer;
      const ssize_t size = ::readlink(whole.c_str(), buffer.data(), buffer.size());
      if (size < 0) return fail(path_error("readlink", whole));
      target.assign(buffer.data(), static_cast<size_t>(size));
    }
    const bool has_content = S_ISREG(info.st_mode) && !is_link;
    return json::to_text(json::Object{
        {"Name", path},
        {"Mode", static_cast<int64_t>(info.st_mode & 07777)},
        {"Uid", static_cast<int64_t>(info.st_uid)},
        {"Gid", static_cast<int64_t>(info.st_gid)},
        {"Size", has_content ? static_cast<int64_t>(info.st_size) : int64_t{0}},
        {"Typeflag", is_link ? '1' : flag_of(info.st_mode)},
        {"Linkname", target},
        {"Devmajor", is_device ? static_cast<int64_t>(::major(info.st_rdev)) : int64_t{0}},
        {"Devminor", is_device ? static_cast<int64_t>(::minor(info.st_rdev)) : int64_t{0}},
        {"Xattrs", TRY(attributes_of(whole))}});
  }

  // Those that unpacking keeps.
  static Result<json::Value> attributes_of(const std::string& path) {
    std::string names(65536, '\0');
    const ssize_t size = ::llistxattr(path.c_str(), names.data(), names.size());
    if (size < 0 && errno != ENOTSUP) return fail(path_error("llistxattr", path));
    names.resize(size < 0 ? 0 : static_cast<size_t>(size));
    std::map<std::string, std::string> found;
    for (const std::string_view name : split(names, '\0')) {
      if (name != "security.capability" && !name.starts_with("user.")) continue;
      const std::string owned(name);
      std::string value(65536, '\0');
      const ssize_t length = ::lgetxattr(path.c_str(), owned.c_str(), value.data(), value.size());
      if (length < 0) return fail(path_error("lgetxattr", path));
      value.resize(static_cast<size_t>(length));
      // In hex, as bytes are no text.
      found.emplace(owned, to_hex(value));
    }
    json::Array out;
    for (auto& [name, value] : found) {
      out.emplace_back(json::Object{{"Name", name}, {"Value", value}});
    }
    return json::Value(std::move(out));
  }

  Result<void> add_content(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.is_open()) return fail(path_error("open", path));
    while (true) {
      const ssize_t count = ::read(fd.get(), buffer_.data(), buffer_.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail(path_error("read", path));
      if (count == 0) return {};
      hash_.update({buffer_.data(), static_cast<size_t>(count)});
    }
  }

  std::string root_;
  Sha512 hash_;
  uint64_t bytes_ = 0;
  std::map<ino_t, std::string> links_;
  std::string buffer_ = std::string(1 << 18, '\0');
};

}  // namespace

Result<TreeSum> sum_tree(const std::string& directory) {
  Summing summing(directory);
  TRY(summing.walk(""));
  return summing.finish();
}

}  // namespace argosy::rkt
