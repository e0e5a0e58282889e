// Which disk a partition is of, and which disks there are: sysfs and /proc/partitions.
// Errors are in cgpt's words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace argosy::os {

// Where the kernel's trees are; tests have their own.
struct DeviceTree {
  std::string sys = "/sys";
  std::string dev = "/dev";
  std::string proc = "/proc";
};

struct DeviceNumber {
  uint32_t major = 0;
  uint32_t minor = 0;

  auto operator<=>(const DeviceNumber&) const = default;
};
// "8:1", with a line feed or not.
std::optional<DeviceNumber> parse_device_number(std::string_view text);

struct Partition {
  std::string disk;     // the whole disk's path
  uint32_t number = 0;  // from 1
};

// What a block device is a partition of; nothing for a whole disk.
Result<std::optional<Partition>> partition_of(const DeviceTree& tree, const std::string& path,
                                              DeviceNumber device);

// A drive argument and a partition number (0: none given): if the path is a partition's, its
// disk and its number, which must not contradict the given one. A file or a whole disk stays
// as it is.
Result<Partition> resolve_drive(const DeviceTree& tree, const std::string& path, uint32_t number);

// The names of /proc/partitions, in its order.
std::vector<std::string> parse_partitions(std::string_view text);
// Paths of disks with hardware behind them, or what virtual machines take for it; no loop
// devices, no mapped ones.
Result<std::vector<std::string>> whole_disks(const DeviceTree& tree);

}  // namespace argosy::os
