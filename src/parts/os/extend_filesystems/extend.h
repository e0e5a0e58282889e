// Grows partitions of type coreos-resize into the space behind them, and the filesystems
// that are mounted from them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "parts/os/drive/devices.h"

namespace argosy::os {

struct ExtendOptions {
  DeviceTree tree;
  std::string search_path;  // where programs are, as in PATH
  // Told of every filesystem that could not be grown.
  std::function<void(std::string_view)> complain;
};

// 0, or 1 if one of them could not be grown; the others are, all the same. A partition that
// grew without its filesystem is not tried again until there is more space.
int extend_filesystems(const ExtendOptions& options);

}  // namespace argosy::os
