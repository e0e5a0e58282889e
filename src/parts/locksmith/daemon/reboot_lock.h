// The lock as the daemon uses it: taken and released for this machine, in etcd or at a
// FleetLock server. Private to this folder.
#pragma once

#include "io/task/task.h"
#include "parts/locksmith/daemon/config.h"
#include "parts/locksmith/strategy/machine.h"

namespace argosy {
class UvLoop;
}

namespace argosy::locksmith {

class RebootLock {
 public:
  virtual ~RebootLock() = default;
  virtual Task<LockOutcome> take() = 0;
  virtual Task<LockOutcome> release() = 0;
};

// Told of holders that are stale (semaphore/stale.h), at each try that found no free place.
using OnStale = std::function<void(const std::vector<HolderNote>&)>;

std::unique_ptr<RebootLock> make_etcd_lock(UvLoop& loop, const Config& config, std::string id,
                                           OnStale on_stale);
std::unique_ptr<RebootLock> make_fleet_lock(UvLoop& loop, const Config& config, std::string id);

}  // namespace argosy::locksmith
