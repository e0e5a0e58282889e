#include "base/format.h"
#include "base/text.h"
#include "parts/update_service/ctl/command.h"
#include "parts/update_service/ctl/table.h"

namespace argosy::update_service::ctl {
namespace {

int64_t number(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  return value != nullptr ? value->as_int().value_or(0) : 0;
}

bool truth(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  return value != nullptr && value->as_bool().value_or(false);
}

std::string group_path(const Context& context, const std::string& action = "") {
  std::vector<std::string> words = {"groups", context.flag("group-id")};
  if (!action.empty()) words.push_back(action);
  return app_path(context, words);
}

Result<void> show_groups(Context& context, const json::Array& groups) {
  Rows rows = {{"Label", "App", "Channel", "Id", "Updates Paused", "Percent", "Rollout Active"}};
  for (const json::Value& group : groups) {
    const json::Value* channel = group.find("channel");
    rows.push_back({std::string(group.text_of("name")),
                    std::string(group.text_of("application_id")),
                    channel != nullptr ? std::string(channel->text_of("name")) : "",
                    std::string(group.text_of("id")),
                    truth(group, "policy_updates_enabled") ? "false" : "true",
                    format("{}", number(group, "policy_percent")),
                    group.find("ramp") != nullptr ? "true" : "false"});
  }
  context.out = to_table(rows);
  return {};
}

Result<void> changed_group(Context& context, const json::Value& group) {
  if (context.shows_json(group)) return {};
  return show_groups(context, {group});
}

Result<void> group_list(Context& context) {
  const json::Array groups = TRY(list(context, app_path(context, {"groups"}), "groups"));
  if (context.shows_json(groups)) return {};
  return show_groups(context, groups);
}

Result<void> group_pause(Context& context) {
  return changed_group(context, TRY(context.client.call("POST", group_path(context, "pause"))));
}

Result<void> group_unpause(Context& context) {
  return changed_group(context, TRY(context.client.call("POST", group_path(context, "resume"))));
}

Result<void> group_percent(Context& context) {
  const auto percent = parse_uint(context.flag("update-percent"));
  if (!percent) return fail(Code::kInvalidArgument, "-update-percent is from 0 to 100");
  const json::Value body = json::Object{{"percent", *percent}};
  const json::Value made =
      TRY(context.client.call("PUT", group_path(context, "rollout"), json::to_text(body)));
  if (context.shows_json(made)) return {};
  context.out = format("update percent set to {}.000000\n", *percent);
  return {};
}

Result<void> rollout_linear(Context& context) {
  const auto frame = parse_uint(context.flag("frame-size"));
  const auto length = parse_uint(context.flag("duration"));
  if (!frame || !length)
    return fail(Code::kInvalidArgument, "-frame-size and -duration are seconds");
  const json::Value body = json::Object{{"duration_seconds", *length}, {"frame_seconds", *frame}};
  const json::Value made =
      TRY(context.client.call("PUT", group_path(context, "rollout"), json::to_text(body)));
  if (context.shows_json(made)) return {};
  context.out = "rollout set\n";
  return {};
}

Result<void> rollout_show(Context& context) {
  const json::Value rollout = TRY(context.client.call("GET", group_path(context, "rollout")));
  context.out = json::to_pretty_text(rollout) + "\n";
  return {};
}

// The share stays where it is. The service keeps no frames to go on with later.
Result<void> rollout_deactivate(Context& context) {
  const json::Value rollout = TRY(context.client.call("GET", group_path(context, "rollout")));
  const json::Value body = json::Object{{"percent", number(rollout, "percent")}};
  const json::Value made =
      TRY(context.client.call("PUT", group_path(context, "rollout"), json::to_text(body)));
  if (context.shows_json(made)) return {};
  context.out = "rollout deactivated\n";
  return {};
}

Result<void> rollout_activate(Context& context) {
  const json::Value rollout = TRY(context.client.call("GET", group_path(context, "rollout")));
  if (!truth(rollout, "linear")) {
    return fail(Code::kFailedPrecondition,
                "the group has no rollout: rollout create linear makes one and starts it");
  }
  if (context.shows_json(rollout)) return {};
  context.out = "rollout activated\n";
  return {};
}

// Each group with machines, or with something to say: figures, then what to do.
Result<void> status(Context& context) {
  const json::Value overview = TRY(context.client.call("GET", "/api/overview"));
  if (context.shows_json(overview)) return {};
  size_t complaints = 0;
  for (const json::Value& group : *overview.find("groups")->as_array()) {
    const json::Array& advice = *group.find("advice")->as_array();
    if (number(group, "instances") == 0 && advice.empty()) continue;
    context.out += format(
        "{} ({}): {} of {} machines have {}, {} updating, {} failed, {} overdue, share {}%{}\n",
        group.text_of("name"), group.text_of("group_id"), number(group, "at_target"),
        number(group, "instances"),
        group.text_of("target").empty() ? "nothing" : group.text_of("target"),
        number(group, "updating"), number(group, "failed"), number(group, "timed_out"),
        number(group, "percent"), truth(group, "paused") ? ", PAUSED" : "");
    for (const json::Value& one : advice) {
      ++complaints;
      context.out += format("  {}: {}\n    -> {}\n", one.text_of("severity"), one.text_of("what"),
                            one.text_of("action"));
    }
  }
  context.out += complaints == 0 ? "Nothing is stuck.\n" : "";
  return {};
}

// A user with the role admin, and a token for it.
Result<void> admin_user_create(Context& context) {
  const std::string& name = context.words[0];
  const json::Value body = json::Object{{"name", name}, {"role", context.flag("role")}};
  TRY(context.client.call("POST", "/api/users", json::to_text(body)));
  const json::Value token = TRY(context.client.call("POST", format("/api/users/{}/tokens", name),
                                                    R"({"note":"updateservicectl"})"));
  if (context.shows_json(token)) return {};
  context.out = std::string(token.text_of("token")) + "\n";
  return {};
}

Result<void> admin_user_list(Context& context) {
  const json::Value users = TRY(context.client.call("GET", "/api/users"));
  if (context.shows_json(users)) return {};
  for (const json::Value& user : *users.find("users")->as_array()) {
    context.out += std::string(user.text_of("name")) + "\n";
  }
  return {};
}

Result<void> admin_user_delete(Context& context) {
  TRY(context.client.call("DELETE", "/api/users/" + escaped(context.words[0])));
  if (context.shows_json(json::Object{{"name", context.words[0]}})) return {};
  context.out = format("User {} deleted\n", context.words[0]);
  return {};
}

const Flag kApp = {"app-id", "", "Application containing the group.", true};
const Flag kGroup = {"group-id", "", "ID of the group.", true};

}  // namespace

std::span<const Command> rollout_commands() {
  static const std::vector<Command> kCommands = {
      {"group list", "[OPTION]...", "List all groups.", {kApp}, 0, group_list},
      {"group pause", "[OPTION]...", "Pause a group's updates.", {kApp, kGroup}, 0, group_pause},
      {"group unpause",
       "[OPTION]...",
       "Unpause a group's updates.",
       {kApp, kGroup},
       0,
       group_unpause},
      {"group percent",
       "[OPTION]...",
       "Set the update percentage for a group.",
       {kApp, kGroup, {"update-percent", "", "Percentage of machines to update", true}},
       0,
       group_percent},
      {"rollout", "[OPTION]...", "Show a group's rollout.", {kApp, kGroup}, 0, rollout_show},
      {"rollout create linear",
       "[OPTION]...",
       "Create a linear rollout.",
       {kApp,
        kGroup,
        {"frame-size", "60", "Duration of a rollout step in seconds"},
        {"duration", "86400", "Total duration from 0% to 100%, in seconds"}},
       0,
       rollout_linear},
      {"rollout activate",
       "[OPTION]...",
       "Activate a rollout for a group.",
       {kApp, kGroup},
       0,
       rollout_activate},
      {"rollout deactivate",
       "[OPTION]...",
       "Deactivate a rollout for a group: the share stays.",
       {kApp, kGroup},
       0,
       rollout_deactivate},
      {"status", "", "Show what is going on, what is stuck and what to do.", {}, 0, status},
      {"admin-user create",
       "<username>",
       "Creates a user; prints a token.",
       {{"role", "admin", "viewer, operator or admin."}},
       1,
       admin_user_create},
      {"admin-user list", "", "Lists users.", {}, 0, admin_user_list},
      {"admin-user delete", "<username>", "Deletes a user.", {}, 1, admin_user_delete},
  };
  return kCommands;
}

}  // namespace argosy::update_service::ctl
