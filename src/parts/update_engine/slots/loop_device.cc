#include "parts/update_engine/slots/loop_device.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/format.h"

namespace argosy::update_engine {
namespace {

constexpr int kAttempts = 64;

Result<Fd> open_path(const std::string& path, int flags) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd.is_open()) return fail(system_error("open " + path, errno));
  return fd;
}

}  // namespace

Result<BlockDevice> block_device_for(const std::string& path) {
  const Fd file = TRY(open_path(path, O_RDONLY));
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return fail(system_error("stat " + path, errno));
  if (S_ISBLK(info.st_mode)) return BlockDevice(path, Fd());
  const Fd control = TRY(open_path("/dev/loop-control", O_RDWR));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return fail(system_error("LOOP_CTL_GET_FREE", errno));
    const std::string name = format("/dev/loop{}", number);
    Fd loop = TRY(open_path(name, O_RDONLY));
    loop_config config{};
    config.fd = static_cast<uint32_t>(file.get());
    config.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;
    if (::ioctl(loop.get(), LOOP_CONFIGURE, &config) == 0)
      return BlockDevice(name, std::move(loop));
    // Somebody else was faster.
    if (errno != EBUSY) return fail(system_error("LOOP_CONFIGURE " + name, errno));
  }
  return fail(Code::kUnavailable, "no loop device is free");
}

}  // namespace argosy::update_engine
