// Who this machine is.
#pragma once

#include <string>

namespace argosy {
class Disk;
}

namespace argosy::locksmith {

// /etc/machine-id below `root`, without white space at its ends; empty if it cannot be
// read or is empty.
std::string machine_id(Disk& disk, const std::string& root);

}  // namespace argosy::locksmith
