// A FleetLock client: one machine of a group, at a server.
#pragma once

#include "io/net/stream.h"
#include "io/task/task.h"
#include "parts/locksmith/fleetlock/protocol.h"

namespace argosy {
class Loop;
}

namespace argosy::locksmith {

class FleetLockClient {
 public:
  // `url` is the server's base, http or https (the system's authorities).
  FleetLockClient(Loop& loop, Network& network, std::string url, FleetRequest who)
      : loop_(loop), network_(network), url_(std::move(url)), who_(std::move(who)) {}

  // Both may be repeated. ResourceExhausted with the server's words when it refuses,
  // Unavailable when it cannot be asked.
  Task<void> pre_reboot() { return ask(kPreReboot); }
  Task<void> steady_state() { return ask(kSteadyState); }

 private:
  Task<void> ask(std::string_view path);
  Task<void> exchange(std::string_view path);

  Loop& loop_;
  Network& network_;
  std::string url_;
  FleetRequest who_;
};

}  // namespace argosy::locksmith
