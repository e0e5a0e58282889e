// Locks that processes hold on files and directories: flock(2), as rkt's. A lock belongs to the
// open file, survives the file's renaming, and goes with the last descriptor of it: who hands the
// descriptor on hands on the lock. Any thread; a FileLock is used by one at a time.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "sys/file/fd.h"

namespace argosy::rkt {

enum class LockMode : uint8_t { kShared, kExclusive };

class FileLock {
 public:
  // Holds nothing.
  FileLock() = default;

  bool is_held() const { return fd_.is_open(); }
  // The open file or directory, for a process that shall inherit the lock.
  int fd() const { return fd_.get(); }

  // Of an open file or directory; what was held before is converted. Waits.
  static Result<FileLock> take(Fd fd, LockMode mode);
  // Nothing when another one is in the way.
  static Result<std::optional<FileLock>> try_take(Fd fd, LockMode mode);
  // The descriptor without the lock.
  Result<Fd> release() &&;

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

// NotFound when it is missing, FailedPrecondition when it is no directory.
Result<Fd> open_directory(const std::string& path);

// A lock by name: the file DIRECTORY/KEY, made if it is missing. Waits.
Result<FileLock> lock_key(const std::string& directory, const std::string& key, LockMode mode);
// Removes a key's file that nobody holds; one that is held stays.
Result<void> remove_key(const std::string& directory, const std::string& key);

}  // namespace argosy::rkt
