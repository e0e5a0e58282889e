#include "parts/update_service/api/encode.h"

#include <algorithm>

#include "base/format.h"

namespace argosy::update_service::api {
namespace {

json::Value text_or_null(std::string_view text) {
  return text.empty() ? json::Value() : json::Value(text);
}

json::Value files_json(const model::Package& package) {
  json::Array files;
  for (const model::PackageFile& file : package.extra_files) {
    files.push_back(json::Object{{"name", file.name},
                                 {"size", format("{}", file.size)},
                                 {"hash", file.sha1},
                                 {"hash256", file.sha256}});
  }
  return files;
}

json::Value blacklisting(const model::Catalog& catalog, const model::Package& package) {
  json::Array ids;
  for (const model::Channel& channel : catalog.channels) {
    if (std::ranges::find(channel.blacklist, package.id) != channel.blacklist.end()) {
      ids.emplace_back(channel.id);
    }
  }
  return ids;
}

json::Value action_json(const model::Package& package) {
  if (!package.is_for_update_engine) return {};
  return json::Object{{"id", package.id},
                      {"event", "postinstall"},
                      {"chromeos_version", ""},
                      {"sha256", package.sha256},
                      {"needs_admin", false},
                      {"is_delta", package.is_delta()},
                      {"disable_payload_backoff", true},
                      {"metadata_signature_rsa", ""},
                      {"metadata_size", ""},
                      {"deadline", ""},
                      {"created_ts", to_rfc3339(package.created)}};
}

std::string_view name_of_group(const model::Catalog& catalog, std::string_view id) {
  const model::Group* group = catalog.group(id);
  return group != nullptr ? std::string_view(group->name) : "";
}

}  // namespace

json::Value to_json(const model::Catalog& catalog, const model::Package& package) {
  return json::Object{{"id", package.id},
                      {"type", static_cast<int>(package.type)},
                      {"version", package.version},
                      {"source_version", text_or_null(package.source_version)},
                      {"url", package.url},
                      {"filename", text_or_null(package.filename)},
                      {"description", text_or_null(package.description)},
                      {"size", text_or_null(format("{}", package.size))},
                      {"hash", text_or_null(package.sha1)},
                      {"hash256", text_or_null(package.sha256)},
                      {"created_ts", to_rfc3339(package.created)},
                      {"channels_blacklist", blacklisting(catalog, package)},
                      {"application_id", package.application_id},
                      {"flatcar_action", action_json(package)},
                      {"arch", static_cast<int>(package.arch)},
                      {"extra_files", files_json(package)}};
}

json::Value to_json(const model::Catalog& catalog, const model::Channel& channel) {
  const model::Package* package = catalog.package(channel.package_id);
  return json::Object{{"id", channel.id},
                      {"name", channel.name},
                      {"color", channel.color},
                      {"created_ts", to_rfc3339(channel.created)},
                      {"application_id", channel.application_id},
                      {"package_id", text_or_null(channel.package_id)},
                      {"package", package != nullptr ? to_json(catalog, *package) : json::Value()},
                      {"arch", static_cast<int>(channel.arch)},
                      {"pinned", channel.is_pinned},
                      {"forced_rollback", channel.forces_rollback},
                      {"has_metadata", !channel.metadata.empty()}};
}

json::Value to_json(const model::Catalog& catalog, const model::Group& group) {
  const Policy& policy = group.policy;
  json::Object object = {{"id", group.id},
                         {"name", group.name},
                         {"description", group.description},
                         {"created_ts", to_rfc3339(group.created)},
                         {"rollout_in_progress", group.is_rolling_out},
                         {"application_id", group.application_id},
                         {"channel_id", text_or_null(group.channel_id)},
                         {"policy_updates_enabled", policy.updates_enabled},
                         {"policy_safe_mode", policy.safe_mode},
                         {"policy_office_hours", policy.office_hours},
                         {"policy_timezone", text_or_null(group.time_zone)},
                         {"policy_period_interval", model::interval_text(policy.period)},
                         {"policy_max_updates_per_period", int64_t{policy.max_updates}},
                         {"policy_update_timeout", model::interval_text(policy.timeout)},
                         {"policy_percent", int64_t{policy.percent}},
                         {"policy_on_demand_first", policy.hurries_on_demand}};
  if (group.ramp) {
    object.emplace_back("ramp", json::Object{{"start", to_rfc3339(group.ramp->start)},
                                             {"duration_seconds", group.ramp->length / seconds(1)},
                                             {"frame_seconds", group.ramp->frame / seconds(1)}});
  }
  if (const model::Channel* channel = catalog.channel(group.channel_id)) {
    object.emplace_back("channel", to_json(catalog, *channel));
  }
  object.emplace_back("track", group.track);
  return object;
}

json::Value to_json(const model::Catalog& catalog, const model::Application& application,
                    uint64_t instances) {
  json::Array groups, channels;
  for (const model::Group& group : catalog.groups) {
    if (group.application_id == application.id) groups.push_back(to_json(catalog, group));
  }
  for (const model::Channel& channel : catalog.channels) {
    if (channel.application_id == application.id) channels.push_back(to_json(catalog, channel));
  }
  return json::Object{
      {"id", application.id},
      {"product_id", application.product_id ? json::Value(*application.product_id) : json::Value()},
      {"name", application.name},
      {"description", application.description},
      {"created_ts", to_rfc3339(application.created)},
      {"groups", std::move(groups)},
      {"channels", std::move(channels)},
      {"instances", json::Object{{"count", instances}}}};
}

json::Value to_json(const model::FleetMember& member) {
  const model::Instance& instance = member.instance;
  const model::InstanceApplication& app = member.application;
  return json::Object{
      {"id", instance.id},
      {"ip", instance.ip},
      {"oem", instance.oem},
      {"aleph_version", instance.aleph_version},
      {"created_ts", to_rfc3339(instance.created)},
      {"application",
       json::Object{{"instance_id", app.instance_id},
                    {"application_id", app.application_id},
                    {"group_id", text_or_null(app.group_id)},
                    {"version", app.version},
                    {"created_ts", to_rfc3339(app.created)},
                    {"status", static_cast<int>(app.status)},
                    {"last_check_for_updates", to_rfc3339(app.last_check)},
                    {"last_update_granted_ts",
                     app.granted_at ? json::Value(to_rfc3339(*app.granted_at)) : json::Value()},
                    {"last_update_version", text_or_null(app.granted_version)},
                    {"update_in_progress", app.is_updating}}},
      {"alias", instance.shown_name() == instance.id ? "" : instance.shown_name()}};
}

json::Value to_json(const model::StatusChange& change) {
  return json::Object{
      {"status", static_cast<int>(change.status)},
      {"version", change.version},
      {"created_ts", to_rfc3339(change.at)},
      {"error_code",
       change.error_code != 0 ? json::Value(format("{}", change.error_code)) : json::Value()}};
}

json::Value to_json(const model::Catalog& catalog, const model::Activity& activity) {
  const model::Application* application = catalog.application(activity.application_id);
  const model::Channel* channel = catalog.channel(activity.channel_id);
  return json::Object{
      {"app_id", text_or_null(activity.application_id)},
      {"group_id", text_or_null(activity.group_id)},
      {"created_ts", to_rfc3339(activity.at)},
      {"class", static_cast<int>(activity.kind)},
      {"severity", static_cast<int>(activity.severity)},
      {"version", activity.version},
      {"application_name", application != nullptr ? application->name : ""},
      {"group_name", text_or_null(name_of_group(catalog, activity.group_id))},
      {"channel_name", channel != nullptr ? json::Value(channel->name) : json::Value()},
      {"instance_id", text_or_null(activity.instance_id)}};
}

json::Value to_json(const auth::User& user) {
  return json::Object{{"name", user.name},
                      {"role", auth::role_name(user.role)},
                      {"created_ts", to_rfc3339(user.created)}};
}

json::Value to_json(const auth::Token& token) {
  return json::Object{
      {"id", token.id},
      {"user", token.user},
      {"note", token.note},
      {"created_ts", to_rfc3339(token.created)},
      {"expires_ts", token.expires ? json::Value(to_rfc3339(*token.expires)) : json::Value()}};
}

json::Value to_json(const auth::AuditEntry& entry) {
  return json::Object{{"number", entry.number}, {"created_ts", to_rfc3339(entry.at)},
                      {"who", entry.who},       {"action", entry.action},
                      {"object", entry.object}, {"before", entry.before},
                      {"after", entry.after}};
}

}  // namespace argosy::update_service::api
