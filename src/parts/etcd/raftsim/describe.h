// Messages as text, for traces.
#pragma once

#include <string>

#include "parts/etcd/raft/types.h"

namespace argosy::etcd::raftsim {

std::string describe(const raft::Message& message);

}  // namespace argosy::etcd::raftsim
