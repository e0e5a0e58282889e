// The coordinator file: it says who looks after this machine's reboots and how far he is.
// Its exclusive lock (flock(2)) is what makes him the only one; it moves to each new
// content before that takes the file's name.
#pragma once

#include <memory>

#include "base/result.h"
#include "parts/locksmith/strategy/action.h"
#include "sys/file/disk.h"

namespace argosy::locksmith {

class Coordinator {
 public:
  // Makes the file if it is missing. FailedPrecondition when another has the lock. What
  // was in it stays until the first publish().
  static Result<std::unique_ptr<Coordinator>> take(Disk& disk, const std::string& root,
                                                   std::string strategy);

  Result<void> publish(Coordination state);
  // What a locksmithd of this same boot left: it had asked for the reboot.
  bool was_rebooting() const { return was_rebooting_; }

 private:
  Coordinator(Disk& disk, std::string path, std::string strategy, std::unique_ptr<File> file)
      : disk_(disk),
        path_(std::move(path)),
        strategy_(std::move(strategy)),
        file_(std::move(file)) {}

  Disk& disk_;
  std::string path_;
  std::string strategy_;
  std::unique_ptr<File> file_;  // locked
  bool was_rebooting_ = false;
};

}  // namespace argosy::locksmith
