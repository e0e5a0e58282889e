// A block device for a file that stands for one, so that it can be mounted (loop(4)).
#pragma once

#include <string>

#include "base/result.h"
#include "sys/file/fd.h"

namespace argosy::update_engine {

class BlockDevice {
 public:
  BlockDevice(std::string path, Fd loop) : path_(std::move(path)), loop_(std::move(loop)) {}
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  // Keeps a loop device; when it closes and nothing has it mounted, the kernel frees it.
  Fd loop_;
};

// A block device is itself; a regular file gets a read-only loop device.
Result<BlockDevice> block_device_for(const std::string& path);

}  // namespace argosy::update_engine
