#include "parts/os/drive/devices.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/format.h"
#include "base/text.h"
#include "sys/process/proc.h"

namespace argosy::os {
namespace {

// The value of a line NAME=value of a uevent file.
std::optional<std::string_view> value_of(std::string_view uevent, std::string_view name) {
  for (const std::string_view line : split(uevent, '\n')) {
    const auto parts = cut(line, "=");
    if (parts && parts->first == name) return parts->second;
  }
  return std::nullopt;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> all;
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty()) all.push_back(word);
  }
  return all;
}

std::string directory_of(const DeviceTree& tree, DeviceNumber device) {
  return format("{}/dev/block/{}:{}", tree.sys, device.major, device.minor);
}

std::unexpected<Error> no_disk(const std::string& path) {
  return fail(Code::kNotFound, format("unable to map {} to a whole disk device", path));
}

}  // namespace

std::optional<DeviceNumber> parse_device_number(std::string_view text) {
  const auto parts = cut(trim(text), ":");
  if (!parts) return std::nullopt;
  const auto major = parse_uint(parts->first);
  const auto minor = parse_uint(parts->second);
  if (!major || !minor || *major > UINT32_MAX || *minor > UINT32_MAX) return std::nullopt;
  return DeviceNumber{static_cast<uint32_t>(*major), static_cast<uint32_t>(*minor)};
}

Result<std::optional<Partition>> partition_of(const DeviceTree& tree, const std::string& path,
                                              DeviceNumber device) {
  const std::string directory = directory_of(tree, device);
  if (!read_proc_file(directory + "/dev")) return no_disk(path);
  const auto number_text = read_proc_file(directory + "/partition");
  if (!number_text) return std::nullopt;
  const auto number = parse_uint(trim(*number_text));
  if (!number || *number == 0 || *number > UINT32_MAX) {
    return fail(Code::kNotFound, format("unable to look up partition number for {}", path));
  }
  // The links of /sys/dev/block lead to directories that stand in their disk's.
  const auto uevent = read_proc_file(directory + "/../uevent");
  const auto name = uevent ? value_of(*uevent, "DEVNAME") : std::nullopt;
  if (!name) return no_disk(path);
  return Partition{format("{}/{}", tree.dev, *name), static_cast<uint32_t>(*number)};
}

Result<Partition> resolve_drive(const DeviceTree& tree, const std::string& path, uint32_t number) {
  if (path.empty()) return fail(Code::kInvalidArgument, "empty drive argument");
  struct stat info{};
  if (::stat(path.c_str(), &info) < 0) {
    return fail(Code::kNotFound,
                format("unable to access device {}: {}", path, std::strerror(errno)));
  }
  if (!S_ISBLK(info.st_mode)) return Partition{path, number};
  const DeviceNumber device{major(info.st_rdev), minor(info.st_rdev)};
  const auto partition = TRY(partition_of(tree, path, device));
  if (!partition) return Partition{path, number};
  if (number != 0 && number != partition->number) {
    return fail(Code::kInvalidArgument, format("device {} is partition {} but {} was specified",
                                               path, partition->number, number));
  }
  return *partition;
}

std::vector<std::string> parse_partitions(std::string_view text) {
  std::vector<std::string> names;
  for (const std::string_view line : split(text, '\n')) {
    const auto fields = words(line);
    if (fields.size() != 4 || !parse_uint(fields[0])) continue;
    names.emplace_back(fields[3]);
  }
  return names;
}

Result<std::vector<std::string>> whole_disks(const DeviceTree& tree) {
  const std::string table = TRY(read_proc_file(tree.proc + "/partitions"));
  std::vector<std::string> disks;
  for (const std::string& name : parse_partitions(table)) {
    const std::string path = format("{}/{}", tree.dev, name);
    struct stat info{};
    if (::stat(path.c_str(), &info) < 0 || !S_ISBLK(info.st_mode)) continue;
    std::string in_sys = name;
    std::ranges::replace(in_sys, '/', '!');
    const std::string link = format("{}/block/{}/device", tree.sys, in_sys);
    if (::lstat(link.c_str(), &info) == 0 && S_ISLNK(info.st_mode)) disks.push_back(path);
  }
  return disks;
}

}  // namespace argosy::os
