#include "lib/unpack/extract.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "lib/unpack/extraction.h"

namespace argosy::unpack {
namespace {

Result<void> write_all(int fd, uint64_t offset, BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(system_error("write", errno));
    bytes.remove_prefix(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return {};
}

}  // namespace

Result<Extracted> extract(tar::Reader& archive, int directory_fd, const Options& options) {
  return Extraction(archive, directory_fd, options).run();
}

Result<Extracted> Extraction::run() {
  while (const tar::Entry* entry = TRY(archive_.next())) {
    TRY_CONTEXT(add(*entry), go_quote(entry->path));
  }
  TRY(finish_directories());
  return report_;
}

Result<void> Extraction::judge_limits(const tar::Entry& entry) {
  ++report_.entries;
  claimed_bytes_ += entry.size;
  const bool is_too_much = report_.entries > options_.limits.entries ||
                           entry.size > options_.limits.unpacked_bytes ||
                           claimed_bytes_ > options_.limits.unpacked_bytes;
  if (!is_too_much) return {};
  return fail(Code::kResourceExhausted, "the archive holds more than is allowed");
}

Result<void> Extraction::add(const tar::Entry& entry) {
  TRY(judge_limits(entry));
  const Place place = TRY(place_of(entry.path));
  if (place.name.empty()) {
    if (entry.type != tar::Type::kDirectory) {
      return fail(Code::kInvalidArgument, "the root must be a directory");
    }
    directories_.insert_or_assign("", TRY(attributes_of(entry, options_, report_)));
    return {};
  }
  const bool names_whiteout = place.name.starts_with(kWhiteout);
  if (names_whiteout && options_.whiteouts != Whiteouts::kKeep) return white_out(place);
  TRY(uncover(place.parent));
  const int parent = TRY(tree_.directory(place.parent));
  TRY(make(entry, place, parent));
  remember(place);
  return {};
}

void Extraction::remember(const Place& place) {
  if (options_.whiteouts != Whiteouts::kApply) return;
  std::string path = place.path();
  while (made_.insert(path).second) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return;
    path.resize(slash);
  }
}

Result<void> Extraction::make(const tar::Entry& entry, const Place& place, int parent) {
  switch (entry.type) {
    case tar::Type::kDirectory:
      return make_directory(entry, place, parent);
    case tar::Type::kFile:
      return make_file(entry, place, parent);
    case tar::Type::kHardLink:
      return make_hard_link(entry, place);
    case tar::Type::kSymlink: {
      const auto attributes = TRY(attributes_of(entry, options_, report_));
      TRY(replace(place, parent,
                  [&](const char* name) { return ::symlinkat(entry.link.c_str(), parent, name); }));
      return apply_at(attributes, parent, place.name, false, report_);
    }
    case tar::Type::kCharacterDevice:
    case tar::Type::kBlockDevice:
    case tar::Type::kFifo:
      return make_device(entry, place, parent);
  }
  return fail(Code::kInternal, "a type of file that nobody knows");
}

template <typename Create>
Result<void> Extraction::replace(const Place& place, int parent, Create create) {
  const char* name = place.name.c_str();
  if (create(name) >= 0) return {};
  if (errno != EEXIST) return fail(system_error("create", errno));
  TRY(tree_.remove(parent, place.name));
  tree_.forget(place.path());
  // A directory that gave way takes its attributes, and those of what was below it, along.
  const std::string path = place.path();
  std::erase_if(directories_, [&](const auto& item) {
    return item.first == path || item.first.starts_with(path + "/");
  });
  if (create(name) < 0) return fail(system_error("create", errno));
  return {};
}

Result<void> Extraction::make_directory(const tar::Entry& entry, const Place& place, int parent) {
  auto attributes = TRY(attributes_of(entry, options_, report_));
  struct stat info{};
  const bool is_there = ::fstatat(parent, place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                        S_ISDIR(info.st_mode);
  if (!is_there) {
    TRY(replace(place, parent, [&](const char* name) { return ::mkdirat(parent, name, 0700); }));
  }
  directories_.insert_or_assign(place.path(), std::move(attributes));
  if (hidden_.contains(place.path())) return make_opaque(place.path());
  return {};
}

Result<void> Extraction::make_file(const tar::Entry& entry, const Place& place, int parent) {
  const auto attributes = TRY(attributes_of(entry, options_, report_));
  Fd fd;
  TRY(replace(place, parent, [&](const char* name) {
    fd = Fd(::openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return fd.get();
  }));
  TRY(write_body(fd.get(), entry));
  return apply(attributes, fd.get(), report_);
}

Result<void> Extraction::write_body(int fd, const tar::Entry& entry) {
  uint64_t end = 0;
  while (true) {
    const auto piece = TRY(archive_.read());
    if (piece.bytes.empty()) break;
    TRY(write_all(fd, piece.offset, piece.bytes));
    end = piece.offset + piece.bytes.size();
    report_.bytes += piece.bytes.size();
  }
  const bool ends_with_hole = end < entry.size;
  if (ends_with_hole && ::ftruncate(fd, static_cast<off_t>(entry.size)) != 0) {
    return fail(system_error("truncate", errno));
  }
  return {};
}

Result<void> Extraction::make_hard_link(const tar::Entry& entry, const Place& place) {
  const Place target = TRY(place_of(entry.link));
  if (target.name.empty()) return fail(Code::kInvalidArgument, "a hard link to the root");
  if (target.path() == place.path()) return {};
  const auto missing = [&] {
    return fail(Code::kFailedPrecondition,
                format("a hard link to {}, which is not in this tree", go_quote(entry.link)));
  };
  // Copied, since opening the second directory may close the first.
  auto from = tree_.existing_directory(target.parent);
  if (!from && from.error().code() == Code::kNotFound) return missing();
  if (!from) return fail(std::move(from).error());
  const Fd source(::fcntl(*from, F_DUPFD_CLOEXEC, 3));
  const int parent = TRY(tree_.directory(place.parent));
  struct stat info{};
  if (::fstatat(source.get(), target.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? missing() : fail(system_error("stat", errno));
  }
  // Before anything gives way to the link.
  if (S_ISDIR(info.st_mode)) return fail(Code::kInvalidArgument, "a hard link to a directory");
  return replace(place, parent, [&](const char* name) {
    return ::linkat(source.get(), target.name.c_str(), parent, name, 0);
  });
}

Result<void> Extraction::make_device(const tar::Entry& entry, const Place& place, int parent) {
  const auto attributes = TRY(attributes_of(entry, options_, report_));
  const bool is_fifo = entry.type == tar::Type::kFifo;
  if (!is_fifo && !options_.makes_devices) {
    ++report_.dropped_devices;
    return {};
  }
  const bool is_character = entry.type == tar::Type::kCharacterDevice;
  if (is_overlay() && is_character && entry.device_major == 0 && entry.device_minor == 0) {
    return fail(Code::kInvalidArgument, "a device 0:0, which overlayfs would take for a whiteout");
  }
  const mode_t type = is_fifo ? S_IFIFO : is_character ? S_IFCHR : S_IFBLK;
  const dev_t device = is_fifo ? 0 : ::makedev(entry.device_major, entry.device_minor);
  TRY(replace(place, parent,
              [&](const char* name) { return ::mknodat(parent, name, type | 0600, device); }));
  return apply_at(attributes, parent, place.name, true, report_);
}

Result<void> Extraction::finish_directories() {
  TRY(tree_.restore_times());
  for (const auto& [path, attributes] : directories_) {
    const Fd fd = TRY_CONTEXT(tree_.open_directory(path), go_quote(path));
    TRY_CONTEXT(apply(attributes, fd.get(), report_), go_quote(path));
  }
  return {};
}

}  // namespace argosy::unpack
