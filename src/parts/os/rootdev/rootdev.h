// Which device a path is on, as the program rootdev answers it.
#pragma once

#include <optional>
#include <string>

#include "parts/os/drive/devices.h"

namespace argosy::os {

struct RootdevQuestion {
  std::string path = "/";
  std::optional<DeviceNumber> number;  // instead of the path's
  bool use_slave = false;              // what a mapped device stands on
  bool strip_partition = false;        // the whole disk
  bool ignore_missing = false;         // a path without a node is an answer too
  bool create_node = false;
  std::string block_path = "/sys/block";
  std::string dev_path = "/dev";
};

struct RootdevAnswer {
  std::string path;  // empty: no such device
  std::string error;
  int exit_code = 0;
};
// 1: no such device, or the path has no node; 2: the node is another device's.
RootdevAnswer find_rootdev(const RootdevQuestion& question);

}  // namespace argosy::os
