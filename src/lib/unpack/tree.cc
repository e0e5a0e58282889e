#include "lib/unpack/tree.h"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <memory>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/text.h"
#include "lib/unpack/path.h"

namespace argosy::unpack {
namespace {

Result<Fd> open_beneath(int root, const std::string& path, int flags, uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = resolve;
  const char* name = path.empty() ? "." : path.c_str();
  // EAGAIN: another process renamed something on the way, so that the kernel is not sure.
  for (int attempt = 0; attempt < 16; ++attempt) {
    const long fd = ::syscall(SYS_openat2, root, name, &how, sizeof how);
    if (fd >= 0) return Fd(static_cast<int>(fd));
    if (errno != EAGAIN && errno != EINTR) break;
  }
  const int number = errno;
  if (number == ELOOP || number == ENOTDIR || number == EXDEV) {
    return fail(Error(Code::kInvalidArgument,
                      format("{}: a parent that is no directory of the tree", go_quote(path)))
                    .with_errno(number));
  }
  return fail(system_error(format("open {}", go_quote(path)), number));
}

}  // namespace

Result<std::vector<std::string>> names_in(int directory) {
  // Reading closes its descriptor, and moves its place: it gets one of its own.
  Fd own = TRY(open_beneath(directory, "", O_RDONLY | O_DIRECTORY, RESOLVE_BENEATH));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own.get()), ::closedir);
  if (stream == nullptr) return fail(system_error("fdopendir", errno));
  own.release();
  std::vector<std::string> out;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") out.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return fail(system_error("readdir", errno));
  return out;
}

Result<Fd> Tree::open(const std::string& path) {
  const uint64_t resolve = follows_ ? RESOLVE_IN_ROOT : RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  return open_beneath(root_, path, O_PATH | O_DIRECTORY, resolve | RESOLVE_NO_MAGICLINKS);
}

Result<int> Tree::existing_directory(const std::string& path) {
  stale_.clear();
  if (path.empty()) {
    TRY(keep_time(root_, path, false));
    return root_;
  }
  if (const auto found = open_.find(path); found != open_.end()) return found->second.get();
  Fd fd = TRY(open(path));
  TRY(keep_time(fd.get(), path, false));
  if (open_.size() >= kMostOpen) open_.clear();
  return open_.emplace(path, std::move(fd)).first->second.get();
}

Result<int> Tree::directory(const std::string& path) {
  auto fd = existing_directory(path);
  if (fd || fd.error().code() != Code::kNotFound) return fd;
  TRY(make(path));
  return existing_directory(path);
}

Result<void> Tree::make(const std::string& path) {
  const Place place = TRY(place_of(path));
  const int parent = TRY(directory(place.parent));
  if (::mkdirat(parent, place.name.c_str(), 0755) != 0 && errno != EEXIST) {
    return fail(system_error(format("mkdir {}", go_quote(path)), errno));
  }
  const Fd made = TRY(open(path));
  return keep_time(made.get(), path, true);
}

Result<void> Tree::keep_time(int directory, const std::string& path, bool is_new) {
  struct stat info{};
  if (::fstat(directory, &info) != 0) return fail(system_error("fstat", errno));
  const KeptTime kept{.path = path, .mtime = is_new ? timespec{} : info.st_mtim};
  const Identity identity(info.st_dev, info.st_ino);
  if (is_new) {
    times_.insert_or_assign(identity, kept);
  } else {
    times_.try_emplace(identity, kept);
  }
  return {};
}

Result<void> Tree::restore_times() {
  const auto kept = std::exchange(times_, {});
  for (const auto& [identity, what] : kept) {
    // One that has gone, or is another by now, has nothing to get back.
    const auto directory = existing_directory(what.path);
    if (!directory) continue;
    struct stat info{};
    const bool is_same =
        ::fstat(*directory, &info) == 0 && Identity(info.st_dev, info.st_ino) == identity;
    const timespec times[2] = {what.mtime, what.mtime};
    if (is_same && ::utimensat(*directory, ".", times, 0) != 0) {
      return fail(system_error(format("utimens {}", go_quote(what.path)), errno));
    }
  }
  return {};
}

Result<Fd> Tree::open_directory(const std::string& path) {
  const Place place = TRY(place_of(path));
  const int parent = TRY(existing_directory(place.parent));
  Fd fd = TRY(open_beneath(parent, place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                           RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
  TRY(keep_time(fd.get(), path, false));
  return fd;
}

void Tree::forget(std::string_view path) {
  // With links on the way a directory has other names, too. The caller may still work in one.
  if (follows_) {
    for (auto& [name, fd] : open_) stale_.push_back(std::move(fd));
    open_.clear();
    return;
  }
  std::erase_if(open_, [&](const auto& item) {
    const std::string_view open = item.first;
    return open.starts_with(path) && (open.size() == path.size() || open[path.size()] == '/');
  });
}

Result<void> Tree::remove(int parent, const std::string& name) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) {
    return fail(system_error(format("unlink {}", go_quote(name)), errno));
  }
  auto directory = open_beneath(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                                RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  if (!directory) return fail(std::move(directory).error());
  for (const std::string& child : TRY(names_in(directory->get()))) {
    TRY(remove(directory->get(), child));
  }
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) {
    return fail(system_error(format("rmdir {}", go_quote(name)), errno));
  }
  return {};
}

}  // namespace argosy::unpack
