// Who is logged in (utmp(5)), and a word to them.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"

namespace argosy::locksmith {

// Writes the broadcast of strategy/texts.h to each line of utmp whose terminal can be
// opened, below `root`; how many those are. Does not wait for slow terminals.
size_t broadcast(const std::string& root, const std::string& message, WallTime now,
                 Duration since_start);

}  // namespace argosy::locksmith
