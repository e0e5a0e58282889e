#include <array>

#include "base/format.h"
#include "parts/update_service/api/encode.h"
#include "parts/update_service/api/routes.h"
#include "parts/update_service/store/catalog_store.h"

namespace argosy::update_service::api {
namespace {

std::vector<model::Group> groups_of(const Call& call, const model::Application& application) {
  std::vector<model::Group> groups;
  for (const model::Group& group : call.catalog.groups) {
    if (group.application_id == application.id) groups.push_back(group);
  }
  return groups;
}

Result<void> take_interval(Call& call, std::string_view name, Duration& value) {
  std::string text;
  TRY(take(call, name, text));
  if (!text.empty()) value = TRY_CONTEXT(model::parse_interval(text), std::string(name));
  return {};
}

Result<void> take_count(Call& call, std::string_view name, int64_t most, uint32_t& value) {
  int64_t number = value;
  TRY(take(call, name, number));
  if (number < 0 || number > most) {
    return fail(Code::kInvalidArgument, format("{} is from 0 to {}", name, most));
  }
  value = static_cast<uint32_t>(number);
  return {};
}

Result<void> take_fields(Call& call, model::Group& group) {
  TRY(take(call, "name", group.name));
  TRY(take(call, "description", group.description));
  TRY(take(call, "track", group.track));
  TRY(take(call, "channel_id", group.channel_id));
  TRY(take(call, "policy_updates_enabled", group.policy.updates_enabled));
  TRY(take(call, "policy_safe_mode", group.policy.safe_mode));
  TRY(take(call, "policy_office_hours", group.policy.office_hours));
  TRY(take(call, "policy_timezone", group.time_zone));
  TRY(take(call, "policy_on_demand_first", group.policy.hurries_on_demand));
  TRY(take_interval(call, "policy_period_interval", group.policy.period));
  TRY(take_interval(call, "policy_update_timeout", group.policy.timeout));
  TRY(take_count(call, "policy_max_updates_per_period", INT32_MAX, group.policy.max_updates));
  TRY(take_count(call, "policy_percent", 100, group.policy.percent));
  if (!group.channel_id.empty()) {
    const model::Channel* channel = call.catalog.channel(group.channel_id);
    if (channel == nullptr || channel->application_id != group.application_id) {
      return fail(Code::kInvalidArgument, "channel_id is no channel of this application");
    }
  }
  return model::check_valid(group);
}

// All changes of a group end here.
Result<json::Value> save(Call& call, std::string_view action, const model::Group& before,
                         const model::Group& after) {
  TRY(model::check_valid(after));
  TRY(store::change(call.database, after));
  json::Value changed = to_json(call.catalog, after);
  TRY(call.note(format("group.{}", action), after.id, to_json(call.catalog, before), changed));
  return changed;
}

Result<json::Value> list_groups(Call& call) {
  return page_json(TRY(page_of(call)), "groups", groups_of(call, *TRY(application_of(call))),
                   [&](const model::Group& group) { return to_json(call.catalog, group); });
}

Result<json::Value> show_group(Call& call) {
  return to_json(call.catalog, *TRY(group_of(call)));
}

Result<json::Value> add_group(Call& call) {
  model::Group group;
  group.application_id = TRY(application_of(call))->id;
  TRY(take(call, "id", group.id));
  TRY(take_fields(call, group));
  group = TRY(store::add(call.database, group, call.now));
  json::Value made = to_json(call.catalog, group);
  TRY(call.note("group.add", group.id, {}, made));
  return made;
}

Result<json::Value> change_group(Call& call) {
  const model::Group& before = *TRY(group_of(call));
  model::Group after = before;
  TRY(take_fields(call, after));
  return save(call, "change", before, after);
}

Result<json::Value> remove_group(Call& call) {
  const model::Group& group = *TRY(group_of(call));
  TRY(store::remove_group(call.database, group.id));
  TRY(call.note("group.remove", group.id, to_json(call.catalog, group), {}));
  return json::Value();
}

Result<json::Value> set_enabled(Call& call, bool enabled) {
  const model::Group& before = *TRY(group_of(call));
  model::Group after = before;
  after.policy.updates_enabled = enabled;
  return save(call, enabled ? "resume" : "pause", before, after);
}

Result<json::Value> pause(Call& call) {
  return set_enabled(call, false);
}

Result<json::Value> resume(Call& call) {
  return set_enabled(call, true);
}

// {"percent": 20} sets the share at once; {"duration_seconds": N, "frame_seconds": N} lets it
// grow from now on.
Result<json::Value> set_rollout(Call& call) {
  const model::Group& before = *TRY(group_of(call));
  model::Group after = before;
  int64_t percent = -1, length = 0, frame = 60;
  TRY(take(call, "percent", percent));
  TRY(take(call, "duration_seconds", length));
  TRY(take(call, "frame_seconds", frame));
  constexpr int64_t kMostSeconds = 366 * 24 * 3600;
  if (length > 0 && percent < 0 && length <= kMostSeconds && frame > 0 && frame <= length) {
    after.ramp = model::Ramp{.start = call.now, .length = seconds(length), .frame = seconds(frame)};
  } else if (length == 0 && percent >= 0 && percent <= 100) {
    after.ramp.reset();
    after.policy.percent = static_cast<uint32_t>(percent);
  } else {
    return fail(Code::kInvalidArgument,
                "a rollout has either a percent of 0 to 100, or duration_seconds of at most a "
                "year and frame_seconds of at most that");
  }
  return save(call, "rollout", before, after);
}

Result<json::Value> show_rollout(Call& call) {
  const model::Group& group = *TRY(group_of(call));
  const Policy now = model::policy_at(group, call.now);
  json::Object object = {{"percent", int64_t{now.percent}},
                         {"paused", !group.policy.updates_enabled},
                         {"in_progress", group.is_rolling_out},
                         {"linear", group.ramp.has_value()}};
  if (group.ramp) {
    object.emplace_back("start", to_rfc3339(group.ramp->start));
    object.emplace_back("duration_seconds", group.ramp->length / seconds(1));
    object.emplace_back("frame_seconds", group.ramp->frame / seconds(1));
  }
  return object;
}

constexpr std::array kRoutes = {
    Route{"GET", "apps/*/groups", auth::Role::kViewer, list_groups},
    Route{"POST", "apps/*/groups", auth::Role::kOperator, add_group},
    Route{"GET", "apps/*/groups/*", auth::Role::kViewer, show_group},
    Route{"PUT", "apps/*/groups/*", auth::Role::kOperator, change_group},
    Route{"DELETE", "apps/*/groups/*", auth::Role::kOperator, remove_group},
    Route{"POST", "apps/*/groups/*/pause", auth::Role::kOperator, pause},
    Route{"POST", "apps/*/groups/*/resume", auth::Role::kOperator, resume},
    Route{"GET", "apps/*/groups/*/rollout", auth::Role::kViewer, show_rollout},
    Route{"PUT", "apps/*/groups/*/rollout", auth::Role::kOperator, set_rollout},
};

}  // namespace

std::span<const Route> group_routes() {
  return kRoutes;
}

}  // namespace argosy::update_service::api
