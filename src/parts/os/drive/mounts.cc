#include "parts/os/drive/mounts.h"

#include <algorithm>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/text.h"
#include "sys/process/proc.h"

namespace argosy::os {
namespace {

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

// White space and backslashes in names are written as \040 and so on.
std::string unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::all_of(&text[i + 1], &text[i + 4], is_octal)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                 (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// 36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw
std::optional<Mount> parse_mount(std::string_view line) {
  const auto halves = cut(line, " - ");
  if (!halves) return std::nullopt;
  const auto fields = split(halves->first, ' ');
  const auto rest = split(halves->second, ' ');
  if (fields.size() < 6 || rest.size() < 2) return std::nullopt;
  const auto number = parse_device_number(fields[2]);
  if (!number) return std::nullopt;
  return Mount{*number, unescape(fields[4]), std::string(fields[5]), unescape(rest[0]),
               unescape(rest[1])};
}

}  // namespace

std::vector<Mount> parse_mounts(std::string_view text) {
  std::vector<Mount> mounts;
  for (const std::string_view line : split(text, '\n')) {
    if (auto mount = parse_mount(line)) mounts.push_back(*std::move(mount));
  }
  return mounts;
}

Result<std::vector<Mount>> read_mounts(const DeviceTree& tree) {
  return parse_mounts(TRY(read_proc_file(tree.proc + "/self/mountinfo")));
}

const Mount* mount_of(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* best = nullptr;
  for (const Mount& mount : mounts) {
    const std::string_view point = mount.point;
    const bool is_below = path.starts_with(point) && (point.size() == path.size() || point == "/" ||
                                                      path[point.size()] == '/');
    // A later mount at the same point hides the earlier one.
    if (is_below && (best == nullptr || point.size() >= best->point.size())) best = &mount;
  }
  return best;
}

std::optional<DeviceNumber> block_device(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) < 0 || !S_ISBLK(info.st_mode)) return std::nullopt;
  return DeviceNumber{major(info.st_rdev), minor(info.st_rdev)};
}

}  // namespace argosy::os
