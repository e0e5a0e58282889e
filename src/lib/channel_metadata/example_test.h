// A document for tests, with everything in it.
#pragma once

#include "lib/channel_metadata/metadata.h"

namespace argosy::channel_metadata {

inline WallTime at_second(int64_t second) {
  return WallTime(seconds(second));
}

// Three releases, the second a floor, the last the target with a delta from the second.
inline Metadata example() {
  const Bytes sum(32, '\x5a');
  return {
      .application = "e96281a6-d1af-4bde-9a0a-97b76e56dc57",
      .channel = "stable",
      .arch = "amd64",
      .sequence = 7,
      .target = "3.0.0",
      .releases = {{"1.0.0", false, {{"one.gz", 10, sum, ""}}},
                   {"2.0.0", true, {{"two.gz", 20, sum, ""}}},
                   {"3.0.0", false, {{"three.gz", 30, sum, ""}, {"delta.gz", 3, sum, "2.0.0"}}}},
      .is_rollback_allowed = false,
      .issued = at_second(1'790'000'000),
      .expires = at_second(1'790'600'000)};
}

}  // namespace argosy::channel_metadata
