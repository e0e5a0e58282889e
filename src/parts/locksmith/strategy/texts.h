// What the daemon writes for others to read: the coordinator file, and the broadcast to
// who is logged in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "parts/locksmith/strategy/action.h"

namespace argosy::locksmith {

// /run/update-engine/coordinator.conf: lines of NAME=VALUE that a shell can read, without
// a last line end.
std::string coordinator_text(std::string_view strategy, Coordination state);
// The value of a name in such a file, whoever wrote it.
std::optional<std::string> coordinator_value(std::string_view text, std::string_view name);

// What a terminal gets: an empty line of 79 columns, the announcement with two BEL, the
// message, an empty line; each cut or filled to 79 columns. `time` as Go prints one.
std::string broadcast_text(std::string_view time, std::string_view message);

// Go's time.Now().String(): "2026-11-23 17:05:00.25 +0100 CET m=+3.000000001".
std::string go_time_text(WallTime time, int64_t offset_seconds, std::string_view zone,
                         Duration since_start);

}  // namespace argosy::locksmith
