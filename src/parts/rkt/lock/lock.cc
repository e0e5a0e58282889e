#include "parts/rkt/lock/lock.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/format.h"

namespace argosy::rkt {
namespace {

constexpr int kTries = 3;

// False: another one is in the way.
Result<bool> flock(int fd, int operation) {
  while (::flock(fd, operation) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return fail(system_error("flock", errno));
  }
  return true;
}

int operation_of(LockMode mode) {
  return mode == LockMode::kShared ? LOCK_SH : LOCK_EX;
}

// Whether the path still names the open file.
Result<bool> is_same(int fd, const std::string& path) {
  struct stat open{};
  struct stat named{};
  if (::fstat(fd, &open) != 0) return fail(system_error("stat " + path, errno));
  if (::stat(path.c_str(), &named) != 0) {
    if (errno == ENOENT) return false;
    return fail(system_error("stat " + path, errno));
  }
  return open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

}  // namespace

Result<FileLock> FileLock::take(Fd fd, LockMode mode) {
  TRY(flock(fd.get(), operation_of(mode)));
  return FileLock(std::move(fd));
}

Result<std::optional<FileLock>> FileLock::try_take(Fd fd, LockMode mode) {
  if (!TRY(flock(fd.get(), operation_of(mode) | LOCK_NB))) return std::nullopt;
  return FileLock(std::move(fd));
}

Result<Fd> FileLock::release() && {
  TRY(flock(fd_.get(), LOCK_UN));
  return std::move(fd_);
}

Result<Fd> open_directory(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) return fail(system_error("open " + path, errno));
  return fd;
}

// Between opening and locking another one may have removed the file, and made a new one.
Result<FileLock> lock_key(const std::string& directory, const std::string& key, LockMode mode) {
  const std::string path = directory + "/" + key;
  for (int i = 0; i < kTries; ++i) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!fd.is_open()) return fail(system_error("open " + path, errno));
    FileLock lock = TRY(FileLock::take(std::move(fd), mode));
    if (TRY(is_same(lock.fd(), path))) return lock;
  }
  return fail(Code::kAborted, format("cannot acquire lock {} after {} retries", path, kTries));
}

Result<void> remove_key(const std::string& directory, const std::string& key) {
  const std::string path = directory + "/" + key;
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) {
    if (errno == ENOENT) return {};
    return fail(system_error("open " + path, errno));
  }
  const auto lock = TRY(FileLock::try_take(std::move(fd), LockMode::kExclusive));
  if (!lock || !TRY(is_same(lock->fd(), path))) return {};
  if (::unlink(path.c_str()) != 0) return fail(system_error("unlink " + path, errno));
  return {};
}

}  // namespace argosy::rkt
