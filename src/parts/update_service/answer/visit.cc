#include "parts/update_service/answer/visit.h"

#include <algorithm>

#include "base/text.h"
#include "lib/semver/semver.h"
#include "parts/update_service/answer/offer.h"
#include "parts/update_service/store/catalog_store.h"
#include "parts/update_service/store/fleet_store.h"

namespace argosy::update_service {
namespace {

constexpr size_t kMaxField = 255;

// What a machine says of itself, as long as a table should hold.
std::string clipped(std::string_view text) {
  if (text.size() <= kMaxField) return std::string(text);
  size_t end = kMaxField;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

}  // namespace

bool Visit::is_identified() const {
  const std::string& id = context_.app.machine_id;
  return !id.empty() && id.size() <= kMaxField && !(id.starts_with('{') && id.ends_with('}'));
}

Result<void> Visit::find() {
  const omaha::AppRequest& app = context_.app;
  stored_ = TRY(store::find_member(context_.database, app.machine_id, application_id()));
  if (stored_) {
    member_ = *stored_;
    return {};
  }
  member_.instance.id = app.machine_id;
  member_.instance.created = context_.now;
  member_.application.instance_id = app.machine_id;
  member_.application.application_id = application_id();
  member_.application.created = context_.now;
  return {};
}

Result<void> Visit::register_machine() {
  const omaha::AppRequest& app = context_.app;
  model::Instance& instance = member_.instance;
  instance.ip = context_.origin.ip;
  instance.machine_alias = clipped(app.machine_alias);
  instance.oem = clipped(app.oem);
  instance.oem_version = clipped(app.oem_version);
  instance.aleph_version = clipped(app.aleph_version);
  model::InstanceApplication& application = member_.application;
  application.group_id = context_.group.id;
  application.version = clipped(app.version);
  application.last_check = context_.now;
  application.is_active = true;
  return save();
}

Result<void> Visit::save(int error_code) {
  TRY(store::save_member(context_.database, stored_, member_, context_.now, error_code));
  stored_ = member_;
  return {};
}

Result<void> Visit::become(Status status, int error_code) {
  member_.application.status = status;
  member_.application.is_updating = is_updating(status);
  return save(error_code);
}

Instance Visit::as_known() const {
  return {.id = member_.instance.id,
          .version = context_.app.version,
          .status = member_.application.status,
          .granted_version = member_.application.granted_version};
}

Result<Counts> Visit::counts(const std::string& version) const {
  return store::counts_of(context_.database, context_.group.id, version, context_.group.policy,
                          context_.now);
}

Result<void> Visit::note(const ActivityOf& activity) {
  return store::add_activity(
      context_.database,
      {.at = context_.now,
       .kind = activity.kind,
       .severity = activity.severity,
       .version = activity.version,
       .application_id = application_id(),
       .group_id = context_.group.id,
       .channel_id = context_.group.channel_id,
       .instance_id = activity.is_of_machine ? member_.instance.id : std::string()});
}

Result<void> Visit::stop_rollout(const std::string& version) {
  if (is_stopped_ || !context_.group.policy.updates_enabled) return {};
  is_stopped_ = true;
  is_rolling_out_ = false;
  TRY(store::set_updates_enabled(context_.database, context_.group.id, false));
  TRY(store::set_rolling_out(context_.database, context_.group.id, false));
  return note({model::ActivityClass::kRolloutFailed, model::Severity::kError, version});
}

// update_engine of CoreOS says after a start "update complete" even when the new slot did
// not hold and the old one runs again; it is seen by the version. Flatcar's says error 44.
omaha::Event Visit::as_meant(const omaha::Event& event) const {
  constexpr int kRollback = 44;
  const model::InstanceApplication& application = member_.application;
  const bool says_started = event.type == omaha::EventType::kUpdateComplete &&
                            event.result == omaha::EventResult::kSuccessReboot &&
                            !event.previous_version.empty() && event.previous_version != "0.0.0.0";
  const bool runs_what_it_ran = event.previous_version == context_.app.version &&
                                semver::version_or_oldest(context_.app.version) !=
                                    semver::version_or_oldest(application.granted_version);
  if (!says_started || !runs_what_it_ran) return event;
  omaha::Event meant = event;
  meant.result = omaha::EventResult::kError;
  meant.error_code = kRollback;
  return meant;
}

Result<void> Visit::write_down(const omaha::Event& event) {
  return store::add_event(context_.database, {.at = context_.now,
                                              .instance_id = member_.instance.id,
                                              .application_id = application_id(),
                                              .type = static_cast<int>(event.type),
                                              .result = static_cast<int>(event.result),
                                              .error_code = event.error_code,
                                              .previous_version = clipped(event.previous_version)});
}

Result<void> Visit::report(const omaha::Event& said) {
  if (!stored_) return {};
  const omaha::Event event = as_meant(said);
  Counts before;
  const bool may_end = event.type == omaha::EventType::kUpdateComplete;
  if (may_end && is_updating(member_.application.status)) {
    before = TRY(counts(member_.application.granted_version));
  }
  const Instance known = as_known();
  const Policy policy = model::policy_at(context_.group, context_.now);
  const Consequence consequence =
      consider(event, known, policy, before, application_id() == model::kContainerLinuxId);
  // Clients say with every check that nothing has happened.
  const bool is_news = !consequence.ignored || event.result == omaha::EventResult::kError;
  if (is_news) TRY(write_down(event));
  return follow(consequence, event);
}

Result<void> Visit::follow(const Consequence& consequence, const omaha::Event& event) {
  const std::string version = member_.application.granted_version;
  if (consequence.status) TRY(become(*consequence.status, event.error_code));
  if (consequence.status == Status::kError) {
    TRY(note(
        {model::ActivityClass::kInstanceUpdateFailed, model::Severity::kError, version, true}));
  }
  if (consequence.rollout_failed) TRY(stop_rollout(version));
  if (!consequence.rollout_finished || !is_rolling_out_) return {};
  is_rolling_out_ = false;
  TRY(store::set_rolling_out(context_.database, context_.group.id, false));
  return note({model::ActivityClass::kRolloutFinished, model::Severity::kSuccess, version});
}

Result<void> Visit::grant(const std::string& version) {
  member_.application.granted_at = context_.now;
  member_.application.granted_version = version;
  TRY(become(Status::kGranted));
  if (std::exchange(is_rolling_out_, true)) return {};
  TRY(store::set_rolling_out(context_.database, context_.group.id, true));
  return note({model::ActivityClass::kRolloutStarted, model::Severity::kInfo, version});
}

// Counts and hours are asked for only by policies that look at them.
Result<Decision> Visit::decide_now(const model::Channel* channel) {
  Policy policy = model::policy_at(context_.group, context_.now);
  if (is_stopped_) policy.updates_enabled = false;
  const Channel offer = model::offer_of(context_.catalog, channel);
  const Instance known = as_known();
  const bool may_need_counts =
      offer.target && (policy.max_updates < kUncounted || policy.safe_mode) &&
      !is_updating(known.status) &&
      (semver::version_or_oldest(known.version) < semver::version_or_oldest(*offer.target) ||
       offer.is_forced);
  const Counts counted = may_need_counts ? TRY(counts(*offer.target)) : Counts();
  LocalTime local;
  if (policy.office_hours || !policy.windows.empty()) {
    local = context_.zones.find(context_.group.time_zone).local_time(context_.now);
  }
  return decide({.instance = known,
                 .policy = policy,
                 .channel = offer,
                 .counts = counted,
                 .local = local,
                 .is_on_demand = context_.request.install_source == "ondemandupdate"});
}

Result<void> Visit::refuse(Refusal why, const std::string& version, omaha::AppResponse& response) {
  response.status = omaha_status(why);
  response.update = {.status = std::string(omaha::update_status::kInternal)};
  if (why == Refusal::kTooManyTimedOut) TRY(stop_rollout(version));
  if (why != Refusal::kNoPackage) return {};
  // Once a day; machines ask more often.
  const store::ActivityFilter today{.application_id = application_id(),
                                    .group_id = context_.group.id,
                                    .version = "0.0.0",
                                    .start = context_.now - hours(24)};
  if (TRY(store::count_activity(context_.database, today)) > 0) return {};
  return note({model::ActivityClass::kPackageNotFound, model::Severity::kWarning, "0.0.0"});
}

Result<void> Visit::check(omaha::AppResponse& response) {
  const model::Channel* channel = context_.catalog.channel(context_.group.channel_id);
  const Decision decision = TRY(decide_now(channel));
  const bool is_grant = decision.status == Status::kGranted && decision.version;
  if (!is_grant && decision.status && *decision.status != member_.application.status) {
    TRY(become(*decision.status));
  }
  if (decision.refusal) {
    const auto offer = model::offer_of(context_.catalog, channel);
    return refuse(*decision.refusal, offer.target.value_or(""), response);
  }
  response.update = {.status = std::string(omaha::update_status::kNoUpdate)};
  if (!decision.version) return {};
  auto offer = make_offer({.catalog = context_.catalog,
                           .channel = *channel,
                           .running_version = context_.app.version,
                           .base_url = context_.origin.base_url,
                           .takes_deltas = context_.app.delta_okay,
                           .takes_several = context_.app.multi_manifest_okay,
                           .max_floors = context_.options.max_floors},
                          *decision.version);
  if (!offer) {
    response.status = "error-failedToRetrieveUpdatePackageInfo";
    response.update = {.status = std::string(omaha::update_status::kInternal)};
    return {};
  }
  response.update = std::move(offer);
  return is_grant ? grant(*decision.version) : Result<void>();
}

}  // namespace argosy::update_service
