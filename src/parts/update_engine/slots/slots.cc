#include "parts/update_engine/slots/slots.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/format.h"
#include "base/text.h"
#include "parts/update_engine/slots/run.h"
#include "sys/file/fd.h"

namespace argosy::update_engine {
namespace {

constexpr std::string_view kKernelDirectories[] = {"/boot/coreos", "/boot/flatcar"};

std::string kernel_directory(Disk& disk, const SlotOptions& options) {
  if (!options.kernel_directory.empty()) return options.kernel_directory;
  for (const std::string_view directory : kKernelDirectories) {
    for (const std::string_view name : {"vmlinuz-a", "vmlinuz-b"}) {
      if (exists(disk, join_path(directory, name))) return std::string(directory);
    }
  }
  return std::string(kKernelDirectories[1]);
}

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat of_a{};
  struct stat of_b{};
  if (::stat(a.c_str(), &of_a) != 0 || ::stat(b.c_str(), &of_b) != 0) return false;
  if (S_ISBLK(of_a.st_mode) && S_ISBLK(of_b.st_mode)) return of_a.st_rdev == of_b.st_rdev;
  return of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

}  // namespace

Result<std::string> running_slot(const SlotOptions& options) {
  if (!options.active.empty()) return options.active;
  std::string output;
  const auto status = run_program({.program = options.rootdev,
                                   .arguments = {"rootdev", "-s", "/usr"},
                                   .limit = seconds(30),
                                   .on_line = [&](std::string_view line) { output += line; }});
  const std::string_view device = trim(output);
  if (!status || !status->is_success() || device.empty()) {
    return fail(Code::kNotFound, format("rootdev does not know the device of /usr{}",
                                        status ? "" : ": " + status.error().text()));
  }
  return std::string(device);
}

Result<std::string> other_slot(std::string_view device) {
  std::string other(device);
  if (!other.ends_with('3') && !other.ends_with('4')) {
    return fail(Code::kInvalidArgument, format("{}: a slot's name ends in 3 or 4", device));
  }
  other.back() = other.back() == '3' ? '4' : '3';
  return other;
}

Result<uint64_t> device_bytes(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return fail(system_error("open " + path, errno));
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return fail(system_error("stat " + path, errno));
  if (S_ISREG(info.st_mode)) return static_cast<uint64_t>(info.st_size);
  uint64_t bytes = 0;
  if (!S_ISBLK(info.st_mode) || ::ioctl(fd.get(), BLKGETSIZE64, &bytes) != 0) {
    return fail(Code::kFailedPrecondition, format("{} is no block device", path));
  }
  return bytes;
}

Result<Slots> find_slots(Disk& disk, const SlotOptions& options) {
  Slots slots;
  slots.active = TRY(running_slot(options));
  slots.other = options.other;
  if (slots.other.empty()) slots.other = TRY(other_slot(slots.active));
  if (is_same_file(slots.active, slots.other)) {
    return fail(Code::kFailedPrecondition,
                format("{} and {} are the same device", slots.active, slots.other));
  }
  slots.bytes = TRY(device_bytes(slots.other));
  // The files' names go by the number of the partition, as GRUB chooses the kernel.
  slots.letter = slots.other.ends_with('3') ? 'a' : 'b';
  const char active_letter = slots.letter == 'a' ? 'b' : 'a';
  const std::string kernels = kernel_directory(disk, options);
  slots.kernel = join_path(kernels, format("vmlinuz-{}", slots.letter));
  slots.active_kernel = join_path(kernels, format("vmlinuz-{}", active_letter));
  slots.pcr_policy = join_path(options.state_directory, format("pcrs-{}.zip", slots.letter));
  return slots;
}

}  // namespace argosy::update_engine
