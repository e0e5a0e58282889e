#include "parts/os/rootdev/block_tree.h"

#include "base/format.h"
#include "sys/file/disk.h"
#include "sys/process/proc.h"

namespace argosy::os {
namespace {

// No mapped device stands on more levels; a circle of links must end too.
constexpr int kMaxSlaveDepth = 8;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::vector<BlockDevice> BlockTree::children(const std::string& directory) const {
  std::vector<BlockDevice> devices;
  const auto names = real_disk().list(directory);
  if (!names) return devices;
  for (const std::string& name : *names) {
    const auto text = read_proc_file(format("{}/{}/dev", directory, name));
    const auto number = text ? parse_device_number(*text) : std::nullopt;
    if (number) devices.push_back({name, *number, ""});
  }
  return devices;
}

std::optional<BlockDevice> BlockTree::find(DeviceNumber number) const {
  const std::vector<BlockDevice> disks = children(path_);
  for (const BlockDevice& disk : disks) {
    if (disk.number == number) return BlockDevice{disk.name, disk.number, disk.name};
  }
  for (const BlockDevice& disk : disks) {
    for (BlockDevice& partition : children(format("{}/{}", path_, disk.name))) {
      if (partition.number != number) continue;
      partition.disk = disk.name;
      return std::move(partition);
    }
  }
  return std::nullopt;
}

BlockDevice BlockTree::first_slave(BlockDevice device) const {
  for (int depth = 0; depth < kMaxSlaveDepth; ++depth) {
    std::vector<BlockDevice> slaves = children(format("{}/{}/slaves", path_, device.name));
    if (slaves.empty()) break;
    const auto whole = find(slaves.front().number);
    device = whole ? *whole : std::move(slaves.front());
  }
  return device;
}

std::string without_partition(std::string_view name) {
  std::string_view rest = name;
  while (!rest.empty() && is_digit(rest.back())) rest.remove_suffix(1);
  if (rest.size() == name.size() || rest.empty() || rest.ends_with('-')) return std::string(name);
  const bool has_p = rest.size() > 1 && rest.ends_with('p') && is_digit(rest[rest.size() - 2]);
  if (has_p) rest.remove_suffix(1);
  if (!has_p && rest == "loop") return std::string(name);
  return std::string(rest);
}

}  // namespace argosy::os
