// The programs that locksmith speaks with on the system bus: update_engine, login1 and the
// service manager.
#pragma once

#include "io/task/task.h"
#include "lib/systemd/bus.h"

namespace argosy::locksmith {

struct UpdateStatus {
  int64_t last_checked_time = 0;
  double progress = 0;
  std::string operation;
  std::string new_version;
  int64_t new_size = 0;

  // As the original logs each.
  std::string text() const;
};
// Of a reply or a signal with the signature xdssx; InvalidArgument otherwise.
Result<UpdateStatus> parse_status(const systemd::Values& values);

Task<UpdateStatus> update_status(systemd::Bus& bus);
// Told of each StatusUpdate, whoever sends it, as the original is. Broken ones are not.
Task<void> on_update_status(systemd::Bus& bus, std::function<void(UpdateStatus)> handle);
// What update_engine would say: for tests of a machine's settings.
Task<void> send_need_reboot(systemd::Bus& bus);

// login1 without asking anybody.
Task<void> reboot(systemd::Bus& bus);

// The service manager has etcd.service or etcd2.service running.
Task<bool> is_etcd_active(systemd::Bus& bus);

}  // namespace argosy::locksmith
