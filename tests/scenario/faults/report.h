// What a run did, for people.
#pragma once

#include "tests/scenario/faults/record.h"

namespace argosy::faults {

struct Summary {
  std::map<std::string, uint64_t> faults;
  uint64_t kills = 0;
  uint64_t watch_streams = 0;
  std::vector<std::string> logs;  // the members' log files
};

std::string describe(const Summary& summary, const Record& record);

}  // namespace argosy::faults
