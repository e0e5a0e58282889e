// A machine asks for an update: what it is told, and what is to be written down for it.
// The order of the questions is Nebraska's, so that a fleet sees the same; what Nebraska
// has not (windows, shares, forced rollbacks, known failures) is asked where it would be.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "parts/update_service/rollout/instance.h"
#include "parts/update_service/rollout/policy.h"

namespace argosy::update_service {

enum class Refusal : uint8_t {
  kNoPackage,
  kUpdateInProgress,
  kUpdatesDisabled,
  kOutsideHours,
  kNotYetItsTurn,  // not in the share of machines that take part
  kTooManyInPeriod,
  kTooManyAtOnce,
  kTooManyTimedOut,
};
// The status that Omaha's clients get: "error-updatesDisabled" and so on.
std::string_view omaha_status(Refusal refusal);
// For an operator: what holds the machine back and what would change that.
std::string_view explain(Refusal refusal);

struct Question {
  const Instance& instance;
  const Policy& policy;
  const Channel& channel;
  const Counts& counts;
  LocalTime local;
  bool is_on_demand = false;  // installsource "ondemandupdate"
};

struct Decision {
  // The version to send; nothing: no update, and if there is a refusal, an error.
  std::optional<std::string> version;
  std::optional<Refusal> refusal;
  // The machine's status from now on, if it changes. kGranted: the grant's time and version
  // are to be written down as well.
  std::optional<Status> status;
  // Safe mode has had enough.
  bool disables_updates = false;
};

Decision decide(const Question& question);

// The place of a machine in the order of a version's rollout, 0 to 99.
uint32_t place_in_order(std::string_view instance_id, std::string_view version);

}  // namespace argosy::update_service
