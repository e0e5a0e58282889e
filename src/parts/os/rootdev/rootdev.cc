#include "parts/os/rootdev/rootdev.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/format.h"
#include "parts/os/drive/mounts.h"
#include "parts/os/rootdev/block_tree.h"

namespace argosy::os {
namespace {

// For a filesystem whose files have a number that the kernel made up, as btrfs's do.
std::optional<DeviceNumber> mounted_device(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  const auto mounts = read_mounts({});
  if (real == nullptr || !mounts) return std::nullopt;
  const Mount* mount = mount_of(*mounts, real.get());
  return mount != nullptr ? block_device(mount->source) : std::nullopt;
}

Result<DeviceNumber> device_under(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) < 0) {
    return fail(Code::kNotFound,
                format("rootdev: Cannot stat({}): {}\n", path, std::strerror(errno)));
  }
  const DeviceNumber device{major(info.st_dev), minor(info.st_dev)};
  return device.major == 0 ? mounted_device(path).value_or(device) : device;
}

std::string disk_of(const BlockDevice& device) {
  return device.disk.empty() ? without_partition(device.name) : device.disk;
}

// What is at the path: 0, or the exit code. A disk's number is not compared, as nobody
// asked for it.
int judge_node(const std::string& path, std::optional<DeviceNumber> expected) {
  struct stat info{};
  if (::stat(path.c_str(), &info) < 0) return 1;
  if (!expected) return 0;
  return DeviceNumber{major(info.st_rdev), minor(info.st_rdev)} == *expected ? 0 : 2;
}

void create_node(RootdevAnswer& answer, DeviceNumber number) {
  const dev_t device = makedev(number.major, number.minor);
  answer.exit_code = 0;
  if (::mknod(answer.path.c_str(), S_IFBLK | S_IRUSR | S_IWUSR, device) < 0 && errno != EEXIST) {
    answer.error = format("rootdev: failed to create {}: {}\n", answer.path, std::strerror(errno));
    answer.exit_code = 1;
  }
}

}  // namespace

RootdevAnswer find_rootdev(const RootdevQuestion& question) {
  const Result<DeviceNumber> number =
      question.number ? Result<DeviceNumber>(*question.number) : device_under(question.path);
  if (!number) return {"", number.error().message(), 1};
  const BlockTree tree(question.block_path);
  auto device = tree.find(*number);
  if (!device) return {"", "unable to find match\n", question.ignore_missing ? 0 : 1};
  if (question.use_slave) device = tree.first_slave(*std::move(device));
  const std::string name = question.strip_partition ? disk_of(*device) : device->name;
  RootdevAnswer answer{format("{}/{}", question.dev_path, name), "", 0};
  answer.exit_code = judge_node(
      answer.path, question.strip_partition ? std::nullopt : std::optional(device->number));
  if (answer.exit_code == 1 && question.create_node) create_node(answer, device->number);
  if (question.ignore_missing) answer.exit_code = 0;
  return answer;
}

}  // namespace argosy::os
