// Groups as they are kept, and the machines in them.
#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "parts/update_service/ctl/command.h"
#include "parts/update_service/ctl/table.h"

namespace argosy::update_service::ctl {
namespace {

constexpr std::string_view kStatusNames[] = {"",           "undefined",   "granted",
                                             "error",      "complete",    "installed",
                                             "downloaded", "downloading", "on hold"};

std::string status_name(std::string_view number) {
  const auto index = parse_uint(number);
  return index && *index < std::size(kStatusNames) ? std::string(kStatusNames[*index])
                                                   : std::string(number);
}

std::string group_path(const Context& context, const std::string& action = "") {
  std::vector<std::string> words = {"groups", context.flag("group-id")};
  if (!action.empty()) words.push_back(action);
  return app_path(context, words);
}

// The groups that are asked for: one, or all of the application.
Result<std::vector<std::string>> group_ids(Context& context) {
  std::vector<std::string> ids;
  if (!context.flag("group-id").empty()) return std::vector{context.flag("group-id")};
  for (const json::Value& group : TRY(list(context, app_path(context, {"groups"}), "groups"))) {
    ids.emplace_back(group.text_of("id"));
  }
  return ids;
}

// What was given of a group's fields, under the names of the API.
Result<json::Object> group_fields(Context& context) {
  json::Object body;
  if (!context.flag("group-label").empty()) body.emplace_back("name", context.flag("group-label"));
  if (!context.flag("track").empty()) body.emplace_back("track", context.flag("track"));
  if (!context.flag("channel").empty()) {
    body.emplace_back("channel_id", TRY(the_channel(context)).text_of("id"));
  }
  if (const std::string& text = context.flag("update-count"); !text.empty()) {
    const auto count = parse_uint(text);
    if (!count) return fail(Code::kInvalidArgument, "-update-count is a number of machines");
    body.emplace_back("policy_max_updates_per_period", *count);
  }
  if (const std::string& text = context.flag("update-interval"); !text.empty()) {
    body.emplace_back("policy_period_interval", parse_uint(text) ? text + "s" : text);
  }
  return body;
}

Result<void> show_group(Context& context, const json::Value& group) {
  if (context.shows_json(group)) return {};
  const json::Value* channel = group.find("channel");
  context.out = to_table({{"Label", "Track", "Channel", "Id"},
                          {std::string(group.text_of("name")), std::string(group.text_of("track")),
                           channel != nullptr ? std::string(channel->text_of("name")) : "",
                           std::string(group.text_of("id"))}});
  return {};
}

Result<void> group_create(Context& context) {
  json::Object body = TRY(group_fields(context));
  if (context.flag("track").empty()) body.emplace_back("track", context.flag("group-label"));
  if (!context.flag("group-id").empty()) body.emplace_back("id", context.flag("group-id"));
  return show_group(context, TRY(context.client.call("POST", app_path(context, {"groups"}),
                                                     json::to_text(json::Value(std::move(body))))));
}

Result<void> group_update(Context& context) {
  json::Object body = TRY(group_fields(context));
  if (body.empty()) return fail(Code::kInvalidArgument, "nothing was given to change");
  return show_group(context, TRY(context.client.call("PUT", group_path(context),
                                                     json::to_text(json::Value(std::move(body))))));
}

Result<void> group_delete(Context& context) {
  const json::Value group = TRY(context.client.call("GET", group_path(context)));
  TRY(context.client.call("DELETE", group_path(context)));
  return show_group(context, group);
}

std::string count_text(const json::Value& count) {
  return format("{}", count.as_int().value_or(0));
}

Result<void> group_versions(Context& context) {
  const json::Value points = TRY(context.client.call(
      "GET", group_path(context, "version_timeline") + "?duration=" + context.flag("duration")));
  if (context.shows_json(points)) return {};
  Rows rows = {{"Version", "Timestamp", "Count"}};
  for (const auto& [at, versions] : *points.as_object()) {
    for (const auto& [version, count] : *versions.as_object()) {
      rows.push_back({version, at, count_text(count)});
    }
  }
  context.out = to_table(rows);
  return {};
}

Result<void> group_events(Context& context) {
  const json::Value points = TRY(context.client.call(
      "GET", group_path(context, "status_timeline") + "?duration=" + context.flag("duration")));
  if (context.shows_json(points)) return {};
  Rows rows = {{"Version", "Status", "Timestamp", "Count"}};
  for (const auto& [at, statuses] : *points.as_object()) {
    for (const auto& [status, versions] : *statuses.as_object()) {
      for (const auto& [version, count] : *versions.as_object()) {
        rows.push_back({version, status_name(status), at, count_text(count)});
      }
    }
  }
  context.out = to_table(rows);
  return {};
}

std::vector<std::string> instance_row(const json::Value& instance) {
  const json::Value& app = *instance.find("application");
  return {std::string(app.text_of("application_id")),
          std::string(instance.text_of("id")),
          std::string(app.text_of("version")),
          std::string(app.text_of("last_check_for_updates")),
          std::string(app.text_of("group_id")),
          status_name(count_text(*app.find("status"))),
          std::string(instance.text_of("oem"))};
}

Result<void> instance_updates(Context& context) {
  json::Array all;
  for (const std::string& id : TRY(group_ids(context))) {
    const std::string path = app_path(context, {"groups", id, "instances"});
    const json::Array some =
        TRY(list(context, path + "?duration=" + context.flag("duration"), "instances"));
    all.insert(all.end(), some.begin(), some.end());
  }
  if (context.shows_json(all)) return {};
  Rows rows = {{"AppID", "ClientID", "Version", "LastSeen", "Group", "Status", "OEM"}};
  for (const json::Value& instance : all) rows.push_back(instance_row(instance));
  context.out = to_table(rows);
  return {};
}

Result<void> instance_versions(Context& context) {
  json::Array all;
  Rows rows = {{"AppID", "GroupID", "Version", "Clients"}};
  for (const std::string& id : TRY(group_ids(context))) {
    const json::Value shares =
        TRY(context.client.call("GET", app_path(context, {"groups", id, "version_breakdown"})));
    for (const json::Value& share : *shares.as_array()) {
      all.push_back(json::Object{{"group_id", id},
                                 {"version", share.text_of("version")},
                                 {"instances", *share.find("instances")}});
      rows.push_back({context.flag("app-id"), id, std::string(share.text_of("version")),
                      count_text(*share.find("instances"))});
    }
  }
  if (context.shows_json(all)) return {};
  context.out = to_table(rows);
  return {};
}

Result<void> instance_rename(Context& context) {
  const json::Value body = json::Object{{"alias", context.words[1]}};
  const json::Value made = TRY(context.client.call(
      "PUT", "/api/instances/" + escaped(context.words[0]), json::to_text(body)));
  if (context.shows_json(made)) return {};
  context.out = format("{} is called {}\n", context.words[0], context.words[1]);
  return {};
}

const Flag kApp = {"app-id", "", "Application containing the group.", true};
const Flag kGroup = {"group-id", "", "ID of the group.", true};
const Flag kAnyGroup = {"group-id", "", "ID of a group; default: all."};
const Flag kSpan = {"duration", "1d", "How far back: 1h, 1d, 7d or 30d."};
const Flag kTrack = {"track", "", "What machines call it; default: the label."};
const Flag kChannel = {"channel", "", "Channel's name or id."};
const Flag kArch = {"arch", "amd64", "Architecture of the channel."};
const Flag kCount = {"update-count", "", "Number of machines that may update in an interval."};
const Flag kInterval = {"update-interval", "", "Interval between updates, in seconds."};

}  // namespace

std::span<const Command> fleet_commands() {
  static const std::vector<Command> kCommands = {
      {"group create",
       "[OPTION]...",
       "Create a new group.",
       {kApp,
        {"group-label", "", "Label of the group.", true},
        {"group-id", "", "Its UUID. If not provided, one will be randomly generated."},
        kTrack,
        kChannel,
        kArch,
        kCount,
        kInterval},
       0,
       group_create},
      {"group update",
       "[OPTION]...",
       "Update an existing group.",
       {kApp,
        kGroup,
        {"group-label", "", "Label of the group."},
        {"track", "", "What machines call it."},
        kChannel,
        kArch,
        kCount,
        kInterval},
       0,
       group_update},
      {"group delete", "[OPTION]...", "Delete a group.", {kApp, kGroup}, 0, group_delete},
      {"group versions",
       "[OPTION]...",
       "List versions of a group's machines by time.",
       {kApp, kGroup, kSpan},
       0,
       group_versions},
      {"group events",
       "[OPTION]...",
       "List states of a group's machines by time.",
       {kApp, kGroup, kSpan},
       0,
       group_events},
      {"instance list-updates",
       "[OPTION]...",
       "Generates a list of instance updates.",
       {kApp, kAnyGroup, kSpan},
       0,
       instance_updates},
      {"instance list-app-versions",
       "[OPTION]...",
       "Generates a list of apps/versions with instance count.",
       {kApp, kAnyGroup},
       0,
       instance_versions},
      {"instance alias", "<id> <name>", "Gives a machine a name.", {}, 2, instance_rename},
  };
  return kCommands;
}

}  // namespace argosy::update_service::ctl
