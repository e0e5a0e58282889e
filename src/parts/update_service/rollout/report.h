// A machine reports how its update goes (an Omaha event): its new status, and what becomes
// of the rollout.
#pragma once

#include <optional>
#include <string>

#include "lib/omaha/request.h"
#include "parts/update_service/rollout/instance.h"
#include "parts/update_service/rollout/policy.h"

namespace argosy::update_service {

enum class Ignored : uint8_t {
  kNotUpdating,  // nobody knows of an update there
  kFirstReport,  // "complete" that every machine sends after a boot, without an update
  kUnknown,      // a type and result that mean nothing here
};

struct Consequence {
  std::optional<Ignored> ignored;
  std::optional<Status> status;
  bool rollout_failed = false;    // the group's updates are to be disabled
  bool rollout_finished = false;  // all machines of the group have the version
};

// `counts` are those before the event. `reports_success_by_reboot`: an operating system, of
// which "complete, success" (3/1) says only that it is installed.
Consequence consider(const omaha::Event& event, const Instance& instance, const Policy& policy,
                     const Counts& counts, bool reports_success_by_reboot);

}  // namespace argosy::update_service
