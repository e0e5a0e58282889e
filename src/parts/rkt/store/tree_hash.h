// The checksum of a rendered tree (rkt: store/treestore): the SHA-512 of each file's header as JSON
// and its content, in the order of a walk. Times don't count, nor the store's own files.
#pragma once

#include <string>

#include "base/result.h"

namespace argosy::rkt {

struct TreeSum {
  std::string hash;    // like a key: "sha512-" and half of it
  uint64_t bytes = 0;  // of all files
};

Result<TreeSum> sum_tree(const std::string& directory);

}  // namespace argosy::rkt
