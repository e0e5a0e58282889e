// What an operator sets for a group of machines, and what its channel offers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace argosy::update_service {

// At this many updates a period, and without safe mode, nobody counts them (Nebraska).
inline constexpr uint32_t kUncounted = 900'000;

// A moment by the clock of the group's time zone.
struct LocalTime {
  int weekday = 0;  // 0 is Sunday
  int minute = 0;   // of the day, 0 to 1439
};

// Weekly hours in which updates are granted; it may reach over midnight and the week's end.
struct Window {
  int weekday = 0;
  int first_minute = 0;
  int minutes = 0;  // 1 to 10080
};
bool contains(const Window& window, LocalTime now);

struct Policy {
  bool updates_enabled = true;
  // One machine first, and its failure disables the group's updates; so do, later, as many
  // failures or timeouts as there may be updates at once.
  bool safe_mode = false;
  // Monday to Friday from 9 to 17.
  bool office_hours = false;
  // Only within one of them; none: at any time.
  std::vector<Window> windows;
  uint32_t max_updates = 999'999;  // in a period, and at any time
  Duration period = minutes(1);
  // A machine that has not reported its success by then counts as timed out.
  Duration timeout = minutes(60);
  // The share of machines that take part, 0 to 100: each version has its own order of
  // machines, and who takes part at 10 does at 20.
  uint32_t percent = 100;
  // A machine whose user asks for the update now is not held back by the counts.
  bool hurries_on_demand = false;
};

struct Channel {
  // Nothing: the channel has no package.
  std::optional<std::string> target;
  bool is_target_blacklisted = false;
  // Versions that nobody may pass over, ascending.
  std::vector<std::string> floors;
  // An operator's rollback: machines above the target go down to it.
  bool is_forced = false;
};

}  // namespace argosy::update_service
