// What is mounted where, from which device: proc(5)'s mountinfo.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parts/os/drive/devices.h"

namespace argosy::os {

struct Mount {
  DeviceNumber number;  // of the files; btrfs makes one up
  std::string point;
  std::string options;  // of this mount, not of its filesystem
  std::string type;
  std::string source;

  bool operator==(const Mount&) const = default;
};

// In mountinfo's order; what is no such line is left out.
std::vector<Mount> parse_mounts(std::string_view text);
Result<std::vector<Mount>> read_mounts(const DeviceTree& tree);

// The mount that an absolute path without links lies on; null if there is none.
const Mount* mount_of(const std::vector<Mount>& mounts, std::string_view path);

// The number of a block device's node; nothing if there is none or it is something else.
std::optional<DeviceNumber> block_device(const std::string& path);

}  // namespace argosy::os
