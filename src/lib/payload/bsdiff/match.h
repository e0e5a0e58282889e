// What of a new file is like what of an old one, in the way of bsdiff (Colin Percival,
// "Naive differences of executable code", 2003): stretches that differ in a few
// scattered bytes count as one match, because in a rebuilt program the code is the
// same but for addresses. Found by a suffix array of the old bytes.
//
// Pure. Memory: four bytes for each old byte (at most 2 GiB of them), while it runs.
#pragma once

#include <vector>

#include "base/bytes.h"

namespace argosy::payload {

// fresh[fresh_at, +size) is to be made of old[old_at, +size) and a difference.
struct Match {
  uint64_t fresh_at = 0;
  uint64_t old_at = 0;
  uint64_t size = 0;

  bool operator==(const Match&) const = default;
};

// In order of `fresh_at`, without overlaps there.
std::vector<Match> find_matches(BytesView old, BytesView fresh);

}  // namespace argosy::payload
