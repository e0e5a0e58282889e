#include "parts/update_engine/slots/postinst.h"

#include <cerrno>
#include <cstdlib>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/format.h"
#include "parts/update_engine/slots/loop_device.h"
#include "parts/update_engine/slots/run.h"
#include "sys/file/disk.h"
#include "sys/log/log.h"

namespace argosy::update_engine {
namespace {

constexpr std::string_view kMountName = "au_postint_mount.";
// The original knows only the first two (and Flatcar's btrfs).
struct Filesystem {
  const char* name;
  const char* options;
};
constexpr Filesystem kFilesystems[] = {{"ext2", ""},
                                       {"ext3", ""},
                                       {"ext4", "noload"},
                                       {"squashfs", ""},
                                       {"btrfs", "rescue=nologreplay"},
                                       {"erofs", ""}};
constexpr int kBootedFromFirmwareB = 3;

PostinstOutcome refuse(std::string text) {
  return {.code = ErrorCode::kPostinstallRunnerError, .text = std::move(text)};
}

// A mount point that is unmounted and removed with it.
class MountPoint {
 public:
  static Result<MountPoint> make(const std::string& directory) {
    std::string path = join_path(directory, std::string(kMountName) + "XXXXXX");
    if (::mkdtemp(path.data()) == nullptr) return fail(system_error("mkdtemp " + path, errno));
    return MountPoint(std::move(path));
  }
  MountPoint(MountPoint&& other) noexcept
      : path_(std::exchange(other.path_, "")), is_mounted_(other.is_mounted_) {}
  MountPoint& operator=(MountPoint&&) = delete;
  ~MountPoint() {
    if (path_.empty()) return;
    // Lazily when something in it is still running: the name is free in any case.
    if (is_mounted_ && ::umount2(path_.c_str(), UMOUNT_NOFOLLOW) != 0) {
      ::umount2(path_.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH);
    }
    ::rmdir(path_.c_str());
  }

  const std::string& path() const { return path_; }

  Result<void> mount(const std::string& device) {
    int why = 0;
    for (const Filesystem& filesystem : kFilesystems) {
      if (::mount(device.c_str(), path_.c_str(), filesystem.name, MS_RDONLY | MS_NODEV | MS_NOSUID,
                  filesystem.options) == 0) {
        is_mounted_ = true;
        return {};
      }
      // ENODEV: the kernel does not know it, which says nothing of the device.
      if (errno != ENODEV || why == 0) why = errno;
    }
    return fail(system_error("mount " + device, why));
  }

 private:
  explicit MountPoint(std::string path) : path_(std::move(path)) {}
  std::string path_;
  bool is_mounted_ = false;
};

// The image must bring it itself: a link could lead anywhere.
Result<void> check_script(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return fail(system_error("stat " + path, errno));
  if (!S_ISREG(info.st_mode) || (info.st_mode & 0111) == 0) {
    return fail(Code::kFailedPrecondition, format("{} is no program", path));
  }
  return {};
}

PostinstOutcome judge(const ExitStatus& status) {
  if (status.is_success()) return {};
  PostinstOutcome outcome = refuse(format("Postinst command failed: {}", status.text()));
  if (status.how == ExitStatus::How::kExited && status.number == kBootedFromFirmwareB) {
    outcome.code = ErrorCode::kPostinstallBootedFromFirmwareB;
  }
  return outcome;
}

}  // namespace

PostinstOutcome run_postinst(const Postinst& what, const std::stop_token& stop) {
  auto point = MountPoint::make(what.temporary_directory);
  if (!point) return refuse(point.error().text());
  auto device = block_device_for(what.device);
  if (!device) return refuse(device.error().text());
  if (auto done = point->mount(device->path()); !done) {
    return refuse(
        format("Unable to mount destination device {}: {}", what.device, done.error().text()));
  }
  const std::string script = join_path(point->path(), "postinst");
  if (auto done = check_script(script); !done) return refuse(done.error().text());
  RunOptions run{.program = script,
                 .arguments = {script, what.device},
                 .limit = what.limit,
                 .on_line = [](std::string_view line) { log_info("postinst", {{"says", line}}); }};
  run.arguments.insert(run.arguments.end(), what.arguments.begin(), what.arguments.end());
  const auto status = run_program(run, stop);
  if (!status) return refuse(status.error().text());
  return judge(*status);
}

Result<void> clear_postinst_leftovers(const std::string& temporary_directory) {
  for (const std::string& name : TRY(real_disk().list(temporary_directory))) {
    if (!name.starts_with(kMountName)) continue;
    const std::string path = join_path(temporary_directory, name);
    while (::umount2(path.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) == 0) {
    }
    // Only an empty one goes: whatever else has such a name is not ours.
    if (::rmdir(path.c_str()) == 0) log_info("removed what an update left", {{"path", path}});
  }
  return {};
}

}  // namespace argosy::update_engine
