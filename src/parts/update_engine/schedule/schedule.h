// When to check for updates. All in whole seconds, as the original counts.
#pragma once

#include <cstdint>

namespace argosy::update_engine {

struct Interval {
  int seconds = 0;  // the middle
  int fuzz = 0;     // the width around it

  bool operator==(const Interval&) const = default;
};

// After the daemon's start: 7 minutes, 5 more or less.
Interval first_interval();

struct LastCheck {
  int interval_seconds = 0;  // Interval::seconds that led to it
  int poll_seconds = 0;      // what the server asked for; 0: nothing
  int http_status = 0;
  bool wants_quick_retry = false;
};
// Quick: a minute. Else what the server asked for, or twice the last interval after a 500 or
// 503, at most 4 hours; less than 45 minutes, which is the usual, is 45 with 5 more or less.
// The fuzz of the others is as wide as they are.
Interval next_interval(const LastCheck& last);

// Of a chance from all 64-bit numbers; each second within the fuzz is as likely. Not below 0.
int delay_seconds(const Interval& interval, uint64_t chance);

}  // namespace argosy::update_engine
