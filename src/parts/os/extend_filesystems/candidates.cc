#include "parts/os/extend_filesystems/candidates.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"

namespace argosy::os {

std::optional<FilesystemType> growable_type(std::string_view type) {
  if (type == "ext4") return FilesystemType::kExt4;
  if (type == "xfs") return FilesystemType::kXfs;
  if (type == "btrfs") return FilesystemType::kBtrfs;
  return std::nullopt;
}

std::vector<Candidate> candidates(const std::vector<Mount>& mounts) {
  std::vector<Candidate> found;
  for (const Mount& mount : mounts) {
    const auto type = growable_type(mount.type);
    if (!type || !mount.source.starts_with('/')) continue;
    const bool is_known = std::ranges::any_of(
        found, [&](const Candidate& other) { return other.device == mount.source; });
    if (!is_known) found.push_back({*type, mount.source, mount.point});
  }
  return found;
}

std::vector<std::string> growth_command(const Candidate& candidate, uint64_t btrfs_device_id) {
  switch (candidate.type) {
    case FilesystemType::kExt4:
      return {"resize2fs", candidate.device};
    case FilesystemType::kXfs:
      return {"xfs_growfs", candidate.point};
    case FilesystemType::kBtrfs:
      return {"btrfs", "filesystem", "resize", format("{}:max", btrfs_device_id), candidate.point};
  }
  unreachable("a filesystem without a command");
}

}  // namespace argosy::os
