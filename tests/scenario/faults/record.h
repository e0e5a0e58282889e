// What the clients of a run write down.
#pragma once

#include <map>

#include "sys/clock/clock.h"
#include "tests/linearizability/revisions.h"

namespace argosy::faults {

// A lease that was granted. It may end once its time is over, or when somebody has asked
// for its end and got no answer.
struct LeaseRecord {
  int64_t id = 0;
  int64_t may_end = 0;
};

struct Record {
  linearizability::History history;
  std::vector<linearizability::PastRead> past_reads;
  std::map<int64_t, LeaseRecord> leases;
  uint64_t failed = 0;  // operations that surely had no effect, and reads without answer
  std::map<std::string, uint64_t> errors;  // by text

  // Of the longest time without an acknowledged write.
  int64_t last_write = 0;
  Duration longest_pause{0};
};

inline int64_t moment() {
  return real_clock().now().time_since_epoch().count();
}

}  // namespace argosy::faults
