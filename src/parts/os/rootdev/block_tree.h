// The kernel's block devices as the directories of /sys/block: a disk's holds its
// partitions' and, below slaves/, what a mapped device is made of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "parts/os/drive/devices.h"

namespace argosy::os {

struct BlockDevice {
  std::string name;
  DeviceNumber number;
  std::string disk;  // its own name if it is one, or whose partition it is; empty: unknown

  bool operator==(const BlockDevice&) const = default;
};

class BlockTree {
 public:
  // "/sys/block", or a copy of it.
  explicit BlockTree(std::string path) : path_(std::move(path)) {}

  std::optional<BlockDevice> find(DeviceNumber number) const;
  // The first of what a mapped device stands on, down through mapped devices on mapped
  // devices; the device itself if it is none.
  BlockDevice first_slave(BlockDevice device) const;

 private:
  std::vector<BlockDevice> children(const std::string& directory) const;

  std::string path_;
};

// "sda" of "sda3", "mmcblk0" of "mmcblk0p2"; a mapped device's or a loop device's digits are
// no partition. For names whose device is not in the tree.
std::string without_partition(std::string_view name);

}  // namespace argosy::os
