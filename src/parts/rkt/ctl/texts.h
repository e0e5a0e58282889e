// Times and sizes as rkt prints them (go-humanize, with rkt's additions). Pure but for the zone.
#pragma once

#include <string>

#include "base/time.h"

namespace argosy::rkt {

// "3 hours ago", "2 weeks from now", "now".
std::string relative_time(WallTime time, WallTime now);
// "2026-11-24 04:15:38.123 +0000 UTC", in this machine's zone.
std::string absolute_time(WallTime time);
// "9B", "1.9MiB", "83MiB"
std::string size_text(uint64_t bytes);

}  // namespace argosy::rkt
