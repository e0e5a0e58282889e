// Stops what runs of a cluster: the supervisor, which stops the members; and members
// that have lost theirs.
#pragma once

#include "argosy/cluster.h"

namespace argosy {

struct Stopped {
  int members = 0;
  int killed = 0;  // of these, those that did not end on SIGTERM
};
Result<Stopped> stop(Cluster& cluster);

}  // namespace argosy
