// After a run: do the members agree, with each other and with what the clients saw?
#pragma once

#include "tests/scenario/faults/cluster.h"
#include "tests/scenario/faults/record.h"
#include "tests/scenario/faults/watching.h"

namespace argosy::faults {

// Writes a last key, waits until every member and every watcher has it, and compares the
// hashes and the content of all members at its revision. The rest of the history is
// judged without the cluster.
struct Agreement {
  int64_t revision = 0;
  std::vector<std::string> findings;
  std::vector<std::pair<Bytes, linearizability::Seen>> content;  // of the watched keys
};
Task<Agreement> agree(Cluster& cluster, std::vector<std::unique_ptr<Watcher>>& watchers,
                      Record& record);

struct Judged {
  std::vector<std::string> findings;
  bool is_undecided = false;
  uint64_t steps = 0;
};
Judged judge(const Record& record, const std::vector<std::unique_ptr<Watcher>>& watchers,
             const Agreement& agreement);

}  // namespace argosy::faults
