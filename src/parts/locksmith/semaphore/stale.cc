#include "parts/locksmith/semaphore/stale.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy::locksmith {

Result<StalePolicy> parse_stale_policy(std::string_view text) {
  if (text.empty() || text == "off") return StalePolicy::kOff;
  if (text == "report") return StalePolicy::kReport;
  if (text == "release") return StalePolicy::kRelease;
  return fail(Code::kInvalidArgument,
              format("a stale lock is off, report or release, not {}", go_quote(text)));
}

std::vector<HolderNote> stale_holders(const std::vector<HolderNote>& notes, WallTime now,
                                      Duration limit, std::string_view own) {
  const int64_t now_seconds = std::chrono::floor<seconds>(now.time_since_epoch()).count();
  const int64_t limit_seconds = std::chrono::ceil<seconds>(limit).count();
  std::vector<HolderNote> stale;
  for (const HolderNote& note : notes) {
    // Compared without subtracting what somebody may have written.
    const bool is_old = note.since_unix_seconds < now_seconds - limit_seconds;
    if (is_old && note.machine != own) stale.push_back(note);
  }
  return stale;
}

}  // namespace argosy::locksmith
