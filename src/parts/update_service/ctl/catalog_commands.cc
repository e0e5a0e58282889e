#include "base/format.h"
#include "parts/update_service/ctl/command.h"
#include "parts/update_service/ctl/table.h"

namespace argosy::update_service::ctl {
namespace {

std::vector<std::string> app_row(const json::Value& app) {
  return {std::string(app.text_of("id")), std::string(app.text_of("name")),
          std::string(app.text_of("description"))};
}

Result<void> show_apps(Context& context, const json::Array& apps) {
  Rows rows = {{"Id", "Label", "Description"}};
  for (const json::Value& app : apps) rows.push_back(app_row(app));
  context.out = to_table(rows);
  return {};
}

Result<void> app_list(Context& context) {
  const json::Array apps = TRY(list(context, "/api/apps", "applications"));
  if (context.shows_json(apps)) return {};
  return show_apps(context, apps);
}

Result<void> app_create(Context& context) {
  json::Object body = {{"name", context.flag("label")},
                       {"description", context.flag("description")}};
  if (!context.flag("app-id").empty()) body.emplace_back("id", context.flag("app-id"));
  const json::Value made =
      TRY(context.client.call("POST", "/api/apps", json::to_text(json::Value(std::move(body)))));
  if (context.shows_json(made)) return {};
  return show_apps(context, {made});
}

Result<void> app_update(Context& context) {
  const json::Value body =
      json::Object{{"name", context.flag("label")}, {"description", context.flag("description")}};
  const json::Value made = TRY(context.client.call("PUT", app_path(context), json::to_text(body)));
  if (context.shows_json(made)) return {};
  return show_apps(context, {made});
}

Result<void> app_delete(Context& context) {
  const json::Value app = TRY(context.client.call("GET", app_path(context)));
  TRY(context.client.call("DELETE", app_path(context)));
  if (context.shows_json(app)) return {};
  return show_apps(context, {app});
}

std::vector<std::string> channel_row(const json::Value& channel) {
  const json::Value* package = channel.find("package");
  return {std::string(channel.text_of("name")),
          package != nullptr ? std::string(package->text_of("version")) : "",
          std::string(channel.text_of("id"))};
}

Result<void> channel_list(Context& context) {
  const json::Array channels = TRY(list(context, app_path(context, {"channels"}), "channels"));
  if (context.shows_json(channels)) return {};
  Rows rows = {{"Label", "Version", "Id"}};
  for (const json::Value& channel : channels) rows.push_back(channel_row(channel));
  context.out = to_table(rows);
  return {};
}

// Lets the channel offer a version: as it is, pinned, or as a rollback.
Result<void> point(Context& context, std::string_view action, std::string_view extra_name) {
  const json::Value channel = TRY(the_channel(context));
  const json::Value package = TRY(the_package(context));
  json::Object body = {{"package_id", package.text_of("id")}};
  if (!extra_name.empty()) body.emplace_back(std::string(extra_name), true);
  std::vector<std::string> words = {"channels", std::string(channel.text_of("id"))};
  if (!action.empty()) words.emplace_back(action);
  const json::Value made = TRY(context.client.call("PUT", app_path(context, words),
                                                   json::to_text(json::Value(std::move(body)))));
  if (context.shows_json(made)) return {};
  auto row = channel_row(made);
  row[1] = context.flag("version");
  context.out = to_table({{"Label", "Version", "Id"}, row});
  return {};
}

Result<void> channel_update(Context& context) {
  return point(context, "", "");
}
Result<void> channel_pin(Context& context) {
  return point(context, "pin", "pinned");
}
Result<void> channel_rollback(Context& context) {
  return point(context, "rollback", "forced");
}

std::string list_path(const json::Value& channel, std::string_view which,
                      const json::Value& package) {
  return format("/api/channels/{}/{}/{}", channel.text_of("id"), which, package.text_of("id"));
}

// Puts a package into a list of the channel's, or takes it out.
Result<void> mark(Context& context, std::string method, std::string_view which,
                  const json::Value& body, std::string_view what) {
  const json::Value channel = TRY(the_channel(context));
  const json::Value package = TRY(the_package(context));
  TRY(context.client.call(std::move(method), list_path(channel, which, package),
                          body.is_null() ? "" : json::to_text(body)));
  if (context.shows_json(package)) return {};
  context.out = format("{} {} {}\n", package.text_of("version"), what, channel.text_of("name"));
  return {};
}

Result<void> floor_add(Context& context) {
  return mark(context, "PUT", "floors", json::Object{{"floor_reason", context.flag("reason")}},
              "is a floor of");
}
Result<void> floor_remove(Context& context) {
  return mark(context, "DELETE", "floors", {}, "is no floor of");
}
Result<void> blacklist_add(Context& context) {
  return mark(context, "PUT", "blacklist", {}, "will not be offered by");
}
Result<void> blacklist_remove(Context& context) {
  return mark(context, "DELETE", "blacklist", {}, "may be offered by");
}

Result<void> floor_list(Context& context) {
  const json::Value channel = TRY(the_channel(context));
  const json::Array floors =
      TRY(list(context, format("/api/channels/{}/floors", channel.text_of("id")), "packages"));
  if (context.shows_json(floors)) return {};
  Rows rows = {{"Version", "Reason"}};
  for (const json::Value& floor : floors) {
    rows.push_back(
        {std::string(floor.text_of("version")), std::string(floor.text_of("floor_reason"))});
  }
  context.out = to_table(rows);
  return {};
}

const Flag kApp = {"app-id", "", "Application.", true};
const Flag kChannel = {"channel", "", "Channel's name or id.", true};
const Flag kArch = {"arch", "amd64", "Architecture: all, amd64, aarch64, x86."};
const Flag kVersion = {"version", "", "Version of the package.", true};
const Flag kLabel = {"label", "", "Application's label.", true};
const Flag kDescription = {"description", "", "Application's description."};

}  // namespace

Result<json::Value> the_channel(Context& context) {
  const json::Array channels = TRY(list(context, app_path(context, {"channels"}), "channels"));
  return find(channels, "name", context.flag("channel"), context.flag("arch"));
}

std::span<const Command> catalog_commands() {
  static const std::vector<Command> kCommands = {
      {"app list", "", "List all applications.", {}, 0, app_list},
      {"app create",
       "[OPTION]...",
       "Create a new application.",
       {{"app-id", "", "Application UUID. If not provided, one will be randomly generated."},
        kLabel,
        kDescription},
       0,
       app_create},
      {"app update",
       "[OPTION]...",
       "Update an app's label or description.",
       {kApp, kLabel, {"description", "", "Set application description.", true}},
       0,
       app_update},
      {"app delete", "[OPTION]...", "Delete an app.", {kApp}, 0, app_delete},
      {"channel list", "[OPTION]...", "List all channels.", {kApp}, 0, channel_list},
      {"channel update",
       "[OPTION]...",
       "Let a channel offer a version.",
       {kApp, kChannel, kArch, kVersion},
       0,
       channel_update},
      {"channel pin",
       "[OPTION]...",
       "Let a channel offer a version whatever a mirror brings.",
       {kApp, kChannel, kArch, kVersion},
       0,
       channel_pin},
      {"channel rollback",
       "[OPTION]...",
       "Take a channel's machines down to a version.",
       {kApp, kChannel, kArch, kVersion},
       0,
       channel_rollback},
      {"channel floor list",
       "[OPTION]...",
       "List versions that no machine may pass over.",
       {kApp, kChannel, kArch},
       0,
       floor_list},
      {"channel floor add",
       "[OPTION]...",
       "Let no machine pass over a version.",
       {kApp, kChannel, kArch, kVersion, {"reason", "", "Why."}},
       0,
       floor_add},
      {"channel floor remove",
       "[OPTION]...",
       "Let machines pass over a version.",
       {kApp, kChannel, kArch, kVersion},
       0,
       floor_remove},
      {"channel blacklist add",
       "[OPTION]...",
       "Never let the channel offer a version.",
       {kApp, kChannel, kArch, kVersion},
       0,
       blacklist_add},
      {"channel blacklist remove",
       "[OPTION]...",
       "Let the channel offer a version again.",
       {kApp, kChannel, kArch, kVersion},
       0,
       blacklist_remove},
  };
  return kCommands;
}

}  // namespace argosy::update_service::ctl
