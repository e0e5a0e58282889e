#include "parts/locksmith/host/machine_id.h"

#include "base/text.h"
#include "sys/file/disk.h"

namespace argosy::locksmith {

std::string machine_id(Disk& disk, const std::string& root) {
  const auto text = read_file(disk, join_path(root, "etc/machine-id"), 4096);
  return text ? std::string(trim(*text)) : std::string();
}

}  // namespace argosy::locksmith
