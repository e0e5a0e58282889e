// Is a history linearizable? (Wing, Gong, "Testing and verifying concurrent objects",
// 1993; Lowe, "Testing for linearizability", 2016.)
#pragma once

#include <functional>

#include "tests/linearizability/history.h"

namespace argosy::linearizability {

enum class Verdict : uint8_t { kLinearizable, kNotLinearizable, kUndecided };

struct Judgement {
  Verdict verdict = Verdict::kLinearizable;
  // Of a group that is not linearizable: the operations that no order explains, with
  // those just before them.
  std::string explanation;
  uint64_t steps = 0;
};

struct Budget {
  // Operations tried, over all groups.
  uint64_t steps = 50'000'000;
  // Keys of the memory of states, over all groups.
  uint64_t bytes = 1ULL << 31;
};

// Keys of the same group may occur in one operation. Operations with no answer may have
// happened at any time after they were invoked, or never.
using GroupOf = std::function<Bytes(BytesView key)>;
Judgement check_linearizable(const History& history, const GroupOf& group_of, Budget budget = {});

// Of a history over one group of keys.
Judgement check_group(const History& history, Budget budget = {});

}  // namespace argosy::linearizability
