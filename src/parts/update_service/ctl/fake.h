// Machines that are none, for rehearsals of a rollout and for load: each asks for updates,
// reports a download and an installation that do not happen, and has the new version then.
// Their ids begin with "deadbeef", so that they are easily told from others. One thread.
#pragma once

#include <functional>

#include "parts/update_service/ctl/machine.h"

namespace argosy::update_service::ctl {

struct FakeOptions {
  std::string application, track, version, oem;
  uint64_t machines = 20;
  Duration least_pause = seconds(1), most_pause = seconds(10);  // between a machine's checks
  Duration event_pause = seconds(1);                            // between its events
  uint64_t error_percent = 1;                                   // of events that say "failed"
  uint64_t pings = 0;  // after an installation, as one who waits for a reboot
  bool is_on_demand = false;
  uint64_t checks = 0;  // of each machine; 0: for ever
};

struct FakeOutcome {
  uint64_t updates = 0;
  uint64_t failures = 0;   // that were reported
  uint64_t unheard = 0;    // requests that the service did not answer
  uint64_t at_newest = 0;  // machines whose last check found nothing to do
};

// Until each machine has had its checks. `say` gets a line for what each of them does.
FakeOutcome run_fakes(const Client& client, Random& random, const FakeOptions& options,
                      const std::function<void(std::string_view)>& say);

}  // namespace argosy::update_service::ctl
