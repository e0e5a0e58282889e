// A FleetLock server: groups of machines and how many of each may be down at once, kept
// in etcd (v3) so that several servers may serve one group.
#pragma once

#include <map>

#include "io/http/server.h"
#include "io/metrics/metrics.h"
#include "lib/etcd_client/client.h"
#include "parts/locksmith/fleetlock/protocol.h"

namespace argosy::locksmith {

class FleetLockServer {
 public:
  // Slots by the name of a group. The client outlives the server.
  FleetLockServer(etcd_client::Client& client, std::map<std::string, int64_t> groups);

  // POST BASE/v1/pre-reboot and BASE/v1/steady-state, GET /metrics.
  HttpHandler handler();

 private:
  struct Stored {
    Slots slots;
    int64_t version = 0;  // 0: there is none yet
  };

  Task<void> serve(Exchange& exchange);
  Task<std::expected<void, FleetError>> decide(std::string path, std::string header, Bytes body);
  Task<Stored> read(std::string group);
  // Aborted when somebody else was faster.
  Task<void> write(std::string group, Stored stored);
  Task<void> change(FleetRequest request, bool takes);

  etcd_client::Client& client_;
  std::map<std::string, int64_t> groups_;
  Metrics metrics_;
};

}  // namespace argosy::locksmith
