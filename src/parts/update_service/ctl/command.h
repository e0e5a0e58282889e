// The commands: one function each, with a table that says names, flags and help. Private to
// this program.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cli/flag_set.h"
#include "parts/update_service/ctl/client.h"

namespace argosy::update_service::ctl {

enum Exit : int { kOk = 0, kApiError = 1, kUsageError = 2, kNoCommand = 3 };

// What a command sees: its flags by name (empty: not given), its words, the service.
struct Context {
  const Client& client;
  const std::map<std::string, std::string>& flags;
  const std::vector<std::string>& words;
  bool wants_json = false;
  std::string out;  // printed when the command has ended well
  // For commands that run on: printed at once.
  std::function<void(std::string_view)> say = [](std::string_view) {};

  const std::string& flag(const std::string& name) const { return flags.at(name); }
  // Prints the value under --json and says so.
  bool shows_json(const json::Value& value);
  bool is_set(const std::string& name) const { return flags.at(name) == "true"; }
};

struct Flag {
  const char* name;
  const char* initial;
  const char* help;
  bool is_required = false;
  bool is_switch = false;  // "true" or "false"; needs no value
};

inline constexpr size_t kAnyWords = SIZE_MAX;
inline constexpr size_t kSomeWords = SIZE_MAX - 1;  // one or more

struct Command {
  const char* name;  // "group pause"
  const char* usage;
  const char* help;
  std::vector<Flag> flags;
  size_t words = 0;  // how many it needs
  Result<void> (*run)(Context&) = nullptr;
};

std::span<const Command> catalog_commands();  // app, channel
std::span<const Command> package_commands();  // package, and what channels do with them
std::span<const Command> fleet_commands();    // group create and so on, instance
std::span<const Command> rollout_commands();  // group pause and so on, rollout, status, admin-user
std::span<const Command> bulk_commands();     // package create bulk and so on
std::span<const Command> service_commands();  // database, upstream
std::span<const Command> machine_commands();  // instance fake, watch
std::span<const Command> signing_commands();  // key, channel draft, sign, show, push

// All of them, ordered by name.
std::vector<const Command*> all_commands();

// For a path.
std::string escaped(std::string_view word);
// "/api/apps/ID" and more words behind it, each escaped.
std::string app_path(const Context& context, const std::vector<std::string>& words = {});
// All items of a list that comes in pages; the path may have a query.
Result<json::Array> list(Context& context, const std::string& path, std::string_view name);
// The one whose "name" (or "version") this is, of an architecture by name; NotFound.
Result<json::Value> find(const json::Array& items, std::string_view member, std::string_view value,
                         std::string_view arch);
// The package of -version, -arch and, if there is such a flag, -from; NotFound.
Result<json::Value> the_package(Context& context);
// The file of a package that the service or another server has, as announced, into `path`.
Result<void> download(Context& context, const json::Value& package, const std::string& path);
// The channel of -channel and -arch; NotFound.
Result<json::Value> the_channel(Context& context);
// "1" of "amd64"; InvalidArgument.
Result<int64_t> arch_number(std::string_view name);
// "amd64" of 1; empty when there is no such number.
std::string_view arch_name(int64_t number);

}  // namespace argosy::update_service::ctl
