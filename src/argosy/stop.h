// Stops what runs of a cluster: the supervisor, which stops the members; and members
// that have lost theirs.
#pragma once

#include "argosy/cluster.h"

namespace argosy {

struct Stopped {
  uint64_t members = 0;
  uint64_t killed = 0;  // of these, those that did not end on SIGTERM
};
Result<Stopped> stop(Cluster& cluster);

}  // namespace argosy
