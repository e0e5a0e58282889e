#include "lib/unpack/attributes.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"

namespace argosy::unpack {
namespace {

Result<uint32_t> map_id(uint64_t id, const std::vector<IdRange>& ranges) {
  for (const IdRange& range : ranges) {
    if (id >= range.container && id - range.container < range.count) {
      return static_cast<uint32_t>(range.host + (id - range.container));
    }
  }
  // The largest number means "no change" to chown(2).
  if (!ranges.empty() || id >= UINT32_MAX) {
    return fail(Code::kPermissionDenied, format("its owner {} is in no range of ids", id));
  }
  return static_cast<uint32_t>(id);
}

bool is_kept(std::string_view name, bool keeps_few) {
  if (name.starts_with("trusted.overlay.") || name.starts_with("user.overlay.")) return false;
  if (name == "security.capability" || name.starts_with("user.")) return true;
  return !keeps_few && (name.starts_with("trusted.") || name.starts_with("system.posix_acl_"));
}

// What file systems and kernels answer to attributes that they don't take there.
bool is_refusal(int number) {
  return number == ENOTSUP || number == EPERM || number == EINVAL;
}

timespec time_of(const Attributes& attributes) {
  return {.tv_sec = attributes.mtime, .tv_nsec = attributes.mtime_nanoseconds};
}

template <typename Set>
Result<void> set_xattrs(const Attributes& attributes, Extracted& report, Set set) {
  for (const auto& [name, value] : attributes.xattrs) {
    if (set(name, value) == 0) continue;
    if (!is_refusal(errno)) return fail(system_error(format("setxattr {}", name), errno));
    ++report.dropped_xattrs;
  }
  return {};
}

}  // namespace

Result<Attributes> attributes_of(const tar::Entry& entry, const Options& options,
                                 Extracted& report) {
  Attributes out{
      .mode = entry.mode, .mtime = entry.mtime, .mtime_nanoseconds = entry.mtime_nanoseconds};
  if (options.keeps_owners) {
    out.uid = TRY(map_id(entry.uid, options.uids));
    out.gid = TRY(map_id(entry.gid, options.gids));
  }
  for (const auto& [name, value] : entry.xattrs) {
    if (is_kept(name, options.keeps_few_xattrs)) {
      out.xattrs.emplace(name, value);
    } else {
      ++report.dropped_xattrs;
    }
  }
  return out;
}

// The order counts: a new owner takes setuid bits and capabilities away.
Result<void> apply(const Attributes& attributes, int fd, Extracted& report) {
  if (attributes.uid && ::fchown(fd, *attributes.uid, *attributes.gid) != 0) {
    return fail(system_error("chown", errno));
  }
  if (::fchmod(fd, attributes.mode) != 0) return fail(system_error("chmod", errno));
  TRY(set_xattrs(attributes, report, [&](const std::string& name, const std::string& value) {
    return ::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0);
  }));
  const timespec times[2] = {time_of(attributes), time_of(attributes)};
  if (::futimens(fd, times) != 0) return fail(system_error("utimens", errno));
  return {};
}

Result<void> apply_at(const Attributes& attributes, int parent, const std::string& name,
                      bool has_mode, Extracted& report) {
  const char* file = name.c_str();
  if (attributes.uid &&
      ::fchownat(parent, file, *attributes.uid, *attributes.gid, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail(system_error("chown", errno));
  }
  // Nothing but our own new file is there: fchmodat follows links, and it is none.
  if (has_mode && ::fchmodat(parent, file, attributes.mode, 0) != 0) {
    return fail(system_error("chmod", errno));
  }
  // There is no setxattrat before Linux 6.13; the descriptor's name in /proc stands for it.
  const std::string path = format("/proc/self/fd/{}/{}", parent, name);
  TRY(set_xattrs(attributes, report, [&](const std::string& key, const std::string& value) {
    return ::lsetxattr(path.c_str(), key.c_str(), value.data(), value.size(), 0);
  }));
  const timespec times[2] = {time_of(attributes), time_of(attributes)};
  if (::utimensat(parent, file, times, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail(system_error("utimens", errno));
  }
  return {};
}

}  // namespace argosy::unpack
