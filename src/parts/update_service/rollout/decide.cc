#include "parts/update_service/rollout/decide.h"

#include <algorithm>

#include "base/crc32c.h"
#include "lib/semver/semver.h"

namespace argosy::update_service {
namespace {

constexpr int kOfficeOpens = 9 * 60;
constexpr int kOfficeCloses = 17 * 60;
constexpr int kSaturday = 6;

Decision refuse(Refusal why) {
  Decision decision;
  decision.refusal = why;
  return decision;
}

Decision hold(Refusal why) {
  Decision decision = refuse(why);
  decision.status = Status::kOnHold;
  return decision;
}

Decision nothing_new(std::optional<Status> status = std::nullopt) {
  Decision decision;
  decision.status = status;
  return decision;
}

bool needs(const Channel& channel, const semver::Version& running) {
  const semver::Version target = semver::version_or_oldest(*channel.target);
  return running < target || (channel.is_forced && running != target);
}

// The first floor above what runs and not above the target, else the target.
const std::string& next_step(const Channel& channel, const semver::Version& running) {
  const semver::Version target = semver::version_or_oldest(*channel.target);
  for (const std::string& floor : channel.floors) {
    const semver::Version version = semver::version_or_oldest(floor);
    if (running < version && version < target) return floor;
  }
  return *channel.target;
}

bool is_office_hour(LocalTime now) {
  return now.weekday != 0 && now.weekday != kSaturday && now.minute >= kOfficeOpens &&
         now.minute < kOfficeCloses;
}

bool is_within_hours(const Policy& policy, LocalTime now) {
  if (policy.office_hours && !is_office_hour(now)) return false;
  return policy.windows.empty() || std::ranges::any_of(policy.windows, [&](const Window& window) {
           return contains(window, now);
         });
}

std::optional<Decision> held_back_by_counts(const Policy& policy, const Counts& counts) {
  if (policy.max_updates >= kUncounted && !policy.safe_mode) return std::nullopt;
  const uint32_t most = policy.safe_mode && counts.attempted == 0 ? 1 : policy.max_updates;
  if (counts.granted_in_period >= most) return hold(Refusal::kTooManyInPeriod);
  if (counts.updating >= most) return hold(Refusal::kTooManyAtOnce);
  if (policy.safe_mode && counts.timed_out >= most) {
    Decision decision = hold(Refusal::kTooManyTimedOut);
    decision.disables_updates = true;
    return decision;
  }
  return std::nullopt;
}

std::optional<Decision> held_back(const Question& question, const std::string& version) {
  const Policy& policy = question.policy;
  if (!policy.updates_enabled) return refuse(Refusal::kUpdatesDisabled);
  if (!is_within_hours(policy, question.local)) return refuse(Refusal::kOutsideHours);
  if (policy.hurries_on_demand && question.is_on_demand) return std::nullopt;
  if (place_in_order(question.instance.id, version) >= policy.percent) {
    return hold(Refusal::kNotYetItsTurn);
  }
  return held_back_by_counts(policy, question.counts);
}

// It was given something before: the same again, until it runs that.
Decision decide_granted(const Question& question, const semver::Version& running) {
  const Channel& channel = question.channel;
  const std::string& granted = question.instance.granted_version;
  const bool has_arrived =
      granted.empty() || running == semver::version_or_oldest(granted) || !needs(channel, running);
  if (channel.is_target_blacklisted || has_arrived) return nothing_new(Status::kComplete);
  Decision decision;
  decision.version = next_step(channel, running);
  return decision;
}

}  // namespace

std::string_view omaha_status(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNoPackage:
      return "error-noPackageFound";
    case Refusal::kUpdateInProgress:
      return "error-updateInProgressOnInstance";
    case Refusal::kUpdatesDisabled:
    case Refusal::kOutsideHours:
      return "error-updatesDisabled";
    case Refusal::kNotYetItsTurn:
    case Refusal::kTooManyInPeriod:
      return "error-maxUpdatesPerPeriodLimitReached";
    case Refusal::kTooManyAtOnce:
      return "error-maxConcurrentUpdatesLimitReached";
    case Refusal::kTooManyTimedOut:
      return "error-maxTimedOutUpdatesLimitReached";
  }
  return "error-internal";
}

std::string_view explain(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNoPackage:
      return "the group has no channel, or its channel has no package; give it one";
    case Refusal::kUpdateInProgress:
      return "it is updating; a machine that is stuck says so at its next start";
    case Refusal::kUpdatesDisabled:
      return "updates of the group are off, by an operator or by safe mode after a failure";
    case Refusal::kOutsideHours:
      return "it is outside the group's office hours or windows";
    case Refusal::kNotYetItsTurn:
      return "the rollout has not reached it; raise the group's percentage";
    case Refusal::kTooManyInPeriod:
      return "as many machines as the group allows were given an update in this period";
    case Refusal::kTooManyAtOnce:
      return "as many machines as the group allows are updating";
    case Refusal::kTooManyTimedOut:
      return "machines did not come back in time, and safe mode has stopped the rollout";
  }
  return "";
}

Decision decide(const Question& question) {
  const Instance& instance = question.instance;
  const Channel& channel = question.channel;
  if (is_updating(instance.status) && instance.status != Status::kGranted) {
    return refuse(Refusal::kUpdateInProgress);
  }
  if (!channel.target) return refuse(Refusal::kNoPackage);
  const semver::Version running = semver::version_or_oldest(instance.version);
  if (instance.status == Status::kGranted) return decide_granted(question, running);
  if (channel.is_target_blacklisted || !needs(channel, running)) return nothing_new();
  const std::string& version = next_step(channel, running);
  if (auto decision = held_back(question, version)) return *std::move(decision);
  Decision decision;
  decision.version = version;
  decision.status = Status::kGranted;
  return decision;
}

uint32_t place_in_order(std::string_view instance_id, std::string_view version) {
  Bytes text(version);
  text += '\n';
  text += instance_id;
  return crc32c(0, text) % 100;
}

}  // namespace argosy::update_service
