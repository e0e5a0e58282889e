// Clients with overlapping operations against one store that does one thing at a time:
// their histories are linearizable by construction. For tests.
#pragma once

#include "tests/linearizability/history.h"

namespace argosy::linearizability {

struct Simulated {
  History history;
  std::vector<Event> events;
};

struct SimulationOptions {
  size_t clients = 4;
  size_t operations = 40;
  size_t keys = 3;
  uint64_t unknown_one_in = 8;  // answers that get lost
  bool knows_revisions = true;
};

Simulated simulate(uint64_t seed, const SimulationOptions& options);

}  // namespace argosy::linearizability
