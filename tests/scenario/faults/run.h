// One run from the first process to the verdict.
#pragma once

#include "io/loop/uv_loop.h"
#include "tests/scenario/faults/nemesis.h"
#include "tests/scenario/faults/verdict.h"
#include "tests/scenario/faults/workload.h"

namespace argosy::faults {

struct RunOptions {
  ProcessOptions process;
  bool in_namespaces = false;
  size_t members = 3;
  NemesisOptions nemesis;
  WorkloadOptions workload;
  Duration limit = minutes(10);
  bool trusts_progress = true;  // see Watcher
  bool keep = false;            // the directory
};

enum class Outcome : uint8_t { kPassed, kFailed, kSkipped };

// Prints as it goes on and a report at the end.
Outcome run(RunOptions options);

}  // namespace argosy::faults
