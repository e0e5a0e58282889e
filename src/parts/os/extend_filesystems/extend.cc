#include "parts/os/extend_filesystems/extend.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "lib/gpt/inspect.h"
#include "lib/gpt/types.h"
#include "parts/os/drive/drive.h"
#include "parts/os/drive/grow.h"
#include "parts/os/extend_filesystems/candidates.h"
#include "sys/process/process.h"

namespace argosy::os {
namespace {

// Whether the candidate is on a partition of the type that asks for it.
bool wants_to_grow(const DeviceTree& tree, const Candidate& candidate) {
  const auto number = block_device(candidate.device);
  if (!number) return false;
  const auto partition = partition_of(tree, candidate.device, *number);
  if (!partition || !*partition) return false;
  const auto drive = Drive::open((*partition)->disk, {});
  if (!drive) return false;
  const gpt::Inspection found = drive->inspect();
  if (!found.is_usable()) return false;
  const gpt::Table table = gpt::table_of(found);
  const gpt::Entry* entry = gpt::find(table, (*partition)->number);
  return entry != nullptr && entry->type == gpt::kAutoResize;
}

bool is_writable(const std::string& point) {
  return ::access(point.c_str(), W_OK) == 0;
}

Result<uint64_t> btrfs_device_id(const Candidate& candidate) {
  const Fd fd(::open(candidate.point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) return fail(system_error("open " + candidate.point, errno));
  btrfs_ioctl_fs_info_args filesystem{};
  if (::ioctl(fd.get(), BTRFS_IOC_FS_INFO, &filesystem) < 0) {
    return fail(system_error("BTRFS_IOC_FS_INFO", errno));
  }
  const auto wanted = block_device(candidate.device);
  for (uint64_t id = 1; id <= filesystem.max_id; ++id) {
    btrfs_ioctl_dev_info_args device{};
    device.devid = id;
    if (::ioctl(fd.get(), BTRFS_IOC_DEV_INFO, &device) < 0) continue;
    if (block_device(reinterpret_cast<const char*>(device.path)) == wanted) return id;
  }
  return fail(Code::kNotFound, format("btrfs does not know {}", candidate.device));
}

Result<std::string> find_program(const std::string& name, std::string_view search_path) {
  for (const std::string_view directory : split(search_path, ':')) {
    std::string path = format("{}/{}", directory, name);
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return fail(Code::kNotFound, format("{}: command not found", name));
}

Result<void> run(const std::vector<std::string>& command, std::string_view search_path) {
  SpawnOptions options;
  options.program = TRY(find_program(command.front(), search_path));
  options.arguments = command;
  options.fds = {{1, 1}, {2, 2}};
  Process process = TRY(spawn(options));
  std::optional<ExitStatus> status;
  while (!status) status = TRY(process.wait(hours(1)));
  if (status->is_success()) return {};
  std::vector<std::string> words = command;
  return fail(Code::kUnknown, format("{}: {}", join(words, " "), status->text()));
}

Result<void> grow(const ExtendOptions& options, const Candidate& candidate) {
  const Growth growth = TRY(grow_partition(options.tree, candidate.device));
  if (!growth.has_grown()) return {};
  const uint64_t id =
      candidate.type == FilesystemType::kBtrfs ? TRY(btrfs_device_id(candidate)) : 0;
  return run(growth_command(candidate, id), options.search_path);
}

}  // namespace

int extend_filesystems(const ExtendOptions& options) {
  const auto mounts = read_mounts(options.tree);
  if (!mounts) {
    options.complain(mounts.error().text());
    return 1;
  }
  int code = 0;
  for (const Candidate& candidate : candidates(*mounts)) {
    if (!is_writable(candidate.point) || !wants_to_grow(options.tree, candidate)) continue;
    if (const auto done = grow(options, candidate); !done) {
      options.complain(format("{}: {}", candidate.device, done.error().text()));
      code = 1;
    }
  }
  return code;
}

}  // namespace argosy::os
