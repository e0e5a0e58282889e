// Which holders have had the lock for so long that something must be wrong.
#pragma once

#include <vector>

#include "base/time.h"
#include "parts/locksmith/semaphore/keys.h"

namespace argosy::locksmith {

// What to do about them.
enum class StalePolicy : uint8_t {
  kOff,      // nothing, as the original
  kReport,   // say so
  kRelease,  // release their lock, though their machine may still be down
};
// "off", "report", "release"; empty is off.
Result<StalePolicy> parse_stale_policy(std::string_view text);

// Those that are older than `limit`, but for `own`. One whose note is from the future, by
// a clock that differs, is not.
std::vector<HolderNote> stale_holders(const std::vector<HolderNote>& notes, WallTime now,
                                      Duration limit, std::string_view own);

}  // namespace argosy::locksmith
