#include "parts/update_service/rollout/report.h"

namespace argosy::update_service {
namespace {

using omaha::Event;
using omaha::EventResult;
using omaha::EventType;

Consequence ignore(Ignored why) {
  Consequence consequence;
  consequence.ignored = why;
  return consequence;
}

Consequence become(Status status) {
  Consequence consequence;
  consequence.status = status;
  return consequence;
}

Consequence complete(const Counts& counts) {
  Consequence consequence = become(Status::kComplete);
  consequence.rollout_finished = counts.succeeded + 1 >= counts.instances;
  return consequence;
}

// The first attempt speaks for the version; later as many failures as machines may update
// at once.
Consequence fail_update(const Policy& policy, const Counts& counts) {
  Consequence consequence = become(Status::kError);
  consequence.rollout_failed =
      policy.safe_mode && (counts.attempted == 0 || counts.failed + 1 >= policy.max_updates);
  return consequence;
}

bool is_first_report(const Event& event) {
  return event.type == EventType::kUpdateComplete && event.result == EventResult::kSuccessReboot &&
         (event.previous_version.empty() || event.previous_version == "0.0.0.0");
}

}  // namespace

Consequence consider(const Event& event, const Instance& instance, const Policy& policy,
                     const Counts& counts, bool reports_success_by_reboot) {
  if (!is_updating(instance.status)) return ignore(Ignored::kNotUpdating);
  if (reports_success_by_reboot && is_first_report(event)) {
    Consequence consequence = ignore(Ignored::kFirstReport);
    consequence.status = Status::kUndefined;
    return consequence;
  }
  const bool is_end = event.type == EventType::kUpdateComplete;
  if (is_end && event.result == EventResult::kError) return fail_update(policy, counts);
  if (is_end && event.result == EventResult::kSuccessReboot) return complete(counts);
  if (event.result != EventResult::kSuccess) return ignore(Ignored::kUnknown);
  switch (event.type) {
    case EventType::kUpdateComplete:
      return reports_success_by_reboot ? become(Status::kInstalled) : complete(counts);
    case EventType::kUpdateDownloadStarted:
      return become(Status::kDownloading);
    case EventType::kUpdateDownloadFinished:
      return become(Status::kDownloaded);
    case EventType::kUpdateInstanceHeld:  // installed, its completion prevented
      return become(Status::kInstalled);
    default:
      return ignore(Ignored::kUnknown);
  }
}

}  // namespace argosy::update_service
