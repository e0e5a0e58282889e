// Which mounted filesystems may be grown, and by which command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parts/os/drive/mounts.h"

namespace argosy::os {

enum class FilesystemType : uint8_t { kExt4, kXfs, kBtrfs };
// ext4, xfs and btrfs grow while they are mounted.
std::optional<FilesystemType> growable_type(std::string_view type);

struct Candidate {
  FilesystemType type = FilesystemType::kExt4;
  std::string device;
  std::string point;  // the first place where it is mounted

  bool operator==(const Candidate&) const = default;
};
// Of growable type and from a device, each device once.
std::vector<Candidate> candidates(const std::vector<Mount>& mounts);

// The program and its arguments. btrfs wants to know which of its devices is meant.
std::vector<std::string> growth_command(const Candidate& candidate, uint64_t btrfs_device_id);

}  // namespace argosy::os
