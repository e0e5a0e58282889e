#include "base/format.h"
#include "parts/update_service/ctl/command.h"
#include "parts/update_service/ctl/table.h"
#include "sys/crypto/digest.h"
#include "sys/file/disk.h"

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
  return show_apps(context, {app});
}

Result<void> package_list(Context& context) {
  const json::Array packages = TRY(list(context, app_path(context, {"packages"}), "packages"));
  if (context.shows_json(packages)) return {};
  Rows rows = {{"Version", "URL", "Size"}};
  for (const json::Value& package : packages) {
    rows.push_back({std::string(package.text_of("version")), std::string(package.text_of("url")),
                    std::string(package.text_of("size"))});
  }
  context.out = to_table(rows);
  return {};
}

// -url is where the file is served, with its name; the file here is only measured.
Result<void> package_create(Context& context) {
  const Bytes content = TRY(read_file(real_disk(), context.flag("file")));
  const std::string& url = context.flag("url");
  const size_t slash = url.rfind('/');
  if (slash == std::string::npos || slash + 1 == url.size()) {
    return fail(Code::kInvalidArgument, "-url has to end with the file's name");
  }
  const json::Value body = json::Object{{"type", 1},
                                        {"arch", TRY(arch_number(context.flag("arch")))},
                                        {"version", context.flag("version")},
                                        {"source_version", context.flag("from")},
                                        {"url", url.substr(0, slash + 1)},
                                        {"filename", url.substr(slash + 1)},
                                        {"description", ""},
                                        {"size", static_cast<uint64_t>(content.size())},
                                        {"hash", to_base64(sha1(content))},
                                        {"hash256", to_base64(sha256(content))}};
  const json::Value made =
      TRY(context.client.call("POST", app_path(context, {"packages"}), json::to_text(body)));
  if (context.shows_json(made)) return {};
  context.out =
      to_table({{"Version", "URL", "Size"},
                {std::string(made.text_of("version")), url, std::string(made.text_of("size"))}});
  return {};
}

Result<json::Value> the_package(Context& context) {
  const json::Array packages = TRY(list(context, app_path(context, {"packages"}), "packages"));
  for (const json::Value& package : packages) {
    if (package.text_of("source_version").empty() &&
        package.text_of("version") == context.flag("version") &&
        package.find("arch")->as_int() == TRY(arch_number(context.flag("arch")))) {
      return package;
    }
  }
  return fail(Code::kNotFound, format("there is no package {} of {}", context.flag("version"),
                                      context.flag("arch")));
}

Result<void> package_delete(Context& context) {
  const json::Value package = TRY(the_package(context));
  TRY(context.client.call("DELETE",
                          app_path(context, {"packages", std::string(package.text_of("id"))})));
  return {};
}

Result<json::Value> the_channel(Context& context) {
  const json::Array channels = TRY(list(context, app_path(context, {"channels"}), "channels"));
  return find(channels, "name", context.flag("channel"), context.flag("arch"));
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

const Flag kApp = {"app-id", "", "Application.", true};
const Flag kChannel = {"channel", "", "Channel's name or id.", true};
const Flag kArch = {"arch", "amd64", "Architecture: all, amd64, aarch64, x86."};
const Flag kVersion = {"version", "", "Version of the package.", true};
const Flag kLabel = {"label", "", "Application's label.", true};
const Flag kDescription = {"description", "", "Application's description."};

}  // namespace

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
      {"package list", "[OPTION]...", "List all packages.", {kApp}, 0, package_list},
      {"package create",
       "[OPTION]...",
       "Create a new package for an application.",
       {kApp,
        kVersion,
        kArch,
        {"url", "", "Package URL.", true},
        {"file", "", "Path to package file (does not upload file).", true},
        {"from", "", "A delta: the version that it starts at."}},
       0,
       package_create},
      {"package delete",
       "[OPTION]...",
       "Delete a package.",
       {kApp, kVersion, kArch},
       0,
       package_delete},
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
  };
  return kCommands;
}

}  // namespace argosy::update_service::ctl
