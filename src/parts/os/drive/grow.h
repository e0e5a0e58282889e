// Extends a partition into the free space that follows it, on the disk and in the kernel,
// as `cgpt resize` does; the filesystem in it may be mounted.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "parts/os/drive/devices.h"

namespace argosy::os {

inline constexpr uint64_t kMinGrowthBytes = 2 * 1024 * 1024;

struct Growth {
  uint64_t bytes_before = 0;
  uint64_t bytes_after = 0;

  bool has_grown() const { return bytes_after > bytes_before; }
};
// A table whose disk has grown, or of which one copy is bad, is repaired with it. With less
// than `min_bytes` (or nothing) to gain, nothing is written. Errors are in cgpt's words.
Result<Growth> grow_partition(const DeviceTree& tree, const std::string& device,
                              uint64_t min_bytes = kMinGrowthBytes);

}  // namespace argosy::os
