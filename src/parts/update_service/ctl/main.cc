// updateservicectl: the update service's command line.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/format.h"
#include "base/text.h"
#include "parts/update_service/ctl/command.h"

namespace argosy::update_service::ctl {
namespace {

constexpr const char* kProgram = "updateservicectl";

struct Globals {
  std::string server, user, key;
  bool is_debug = false, shows_version = false, shows_help = false, skips_tls_check = false;
  bool wants_json = false;
};

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

void add_flags(cli::FlagSet& flags, Globals& globals) {
  flags.add("server", globals.server, environment("UPDATECTL_SERVER", "http://localhost:8000"),
            "Update server to connect to");
  flags.add("debug", globals.is_debug, false, "Output debugging info to stderr");
  flags.add("version", globals.shows_version, false, "Print version information and exit.");
  flags.add("help", globals.shows_help, false, "Print usage information and exit.");
  flags.add("skip-ssl-verify", globals.skips_tls_check, false, "Don't check SSL certificates.");
  flags.add("user", globals.user, environment("UPDATECTL_USER", ""), "API Username");
  // Its value is no default to be shown.
  flags.add("key", globals.key, "", "API Key: a token (environment UPDATECTL_KEY)");
  flags.add("json", globals.wants_json, false, "Print the service's JSON.");
}

void print_usage(const cli::FlagSet& flags) {
  std::printf("NAME:\n\t%s - the update service's command line\n\nCOMMANDS:\n", kProgram);
  for (const Command* command : all_commands()) {
    std::printf("\t%-24s %s\n", command->name, command->help);
  }
  std::printf("\n%s", flags.usage().c_str());
}

void print_usage(const Command& command) {
  std::printf("NAME:\n\t%s - %s\n\nUSAGE:\n\t%s %s %s\n", command.name, command.help, kProgram,
              command.name, command.usage);
  if (!command.flags.empty()) std::printf("\nOPTIONS:\n");
  for (const Flag& flag : command.flags) {
    std::printf("\t-%s=%s\n\t\t%s\n", flag.name, flag.initial, flag.help);
  }
}

// The command whose name has the most words of those that are given; how many they are.
std::pair<const Command*, size_t> find_command(const std::vector<std::string>& words) {
  std::pair<const Command*, size_t> best{nullptr, 0};
  for (const Command* command : all_commands()) {
    const auto names = split(command->name, ' ');
    if (names.size() <= best.second || names.size() > words.size()) continue;
    if (std::equal(names.begin(), names.end(), words.begin())) best = {command, names.size()};
  }
  return best;
}

int no_command(const std::vector<std::string>& words) {
  const std::string given = words.empty() ? "" : words[0];
  for (const Command* command : all_commands()) {
    // "group" alone: there is such a thing, but something is to be done with it.
    if (!given.empty() && std::string_view(command->name).starts_with(given + " ")) {
      std::printf("%s %s:\n", kProgram, given.c_str());
      for (const Command* each : all_commands()) {
        if (!std::string_view(each->name).starts_with(given + " ")) continue;
        std::printf("\t%-24s %s\n", each->name, each->help);
      }
      return kUsageError;
    }
  }
  std::printf("%s: unknown subcommand: %s\nRun '%s --help' for usage.\n", kProgram,
              go_quote(given).c_str(), kProgram);
  return kNoCommand;
}

bool has_words(const Command& command, size_t given) {
  if (command.words == kSomeWords) return given > 0;
  return command.words == kAnyWords || given == command.words;
}

void say(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

int run(const Command& command, const Globals& globals, const std::vector<std::string>& rest) {
  std::map<std::string, std::string> values;
  cli::FlagSet flags(kProgram);
  std::map<std::string, bool> switches;
  for (const Flag& flag : command.flags) {
    if (flag.is_switch) {
      flags.add(flag.name, switches[flag.name], false, flag.help);
    } else {
      flags.add(flag.name, values[flag.name], flag.initial, flag.help);
    }
  }
  const auto words = flags.parse(rest);
  if (!words && words.error().code() != Code::kAborted) {
    std::fprintf(stderr, "%s\n", words.error().message().c_str());
  }
  const bool lacks = std::ranges::any_of(command.flags, [&](const Flag& flag) {
    return flag.is_required && values[flag.name].empty();
  });
  if (!words || lacks || !has_words(command, words->size())) {
    print_usage(command);
    return kUsageError;
  }
  for (const auto& [name, is_on] : switches) values[name] = is_on ? "true" : "false";
  const auto server = parse_server(globals.server);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().text().c_str());
    return kUsageError;
  }
  const std::string key = globals.key.empty() ? environment("UPDATECTL_KEY", "") : globals.key;
  const Client client(*server, key, globals.skips_tls_check, globals.is_debug);
  Context context{.client = client,
                  .flags = values,
                  .words = *words,
                  .wants_json = globals.wants_json,
                  .out = {},
                  .say = say};
  if (const auto done = command.run(context); !done) {
    std::fprintf(stderr, "%s: %s\n", kProgram, done.error().text().c_str());
    return kApiError;
  }
  std::fwrite(context.out.data(), 1, context.out.size(), stdout);
  return std::fflush(stdout) == 0 ? kOk : kApiError;
}

int start(const std::vector<std::string>& arguments) {
  Globals globals;
  cli::FlagSet flags(kProgram);
  add_flags(flags, globals);
  const auto words = flags.parse(arguments);
  if (globals.shows_help || (!words && words.error().code() == Code::kAborted)) {
    print_usage(flags);
    return kOk;
  }
  if (!words) {
    std::fprintf(stderr, "%s\n", words.error().message().c_str());
    return kUsageError;
  }
  if (globals.shows_version) {
    std::printf("%s version %s\n", kProgram, "2.1.0+git");
    return kOk;
  }
  const auto [command, used] = find_command(*words);
  if (command == nullptr) return no_command(*words);
  return run(*command, globals, {words->begin() + static_cast<std::ptrdiff_t>(used), words->end()});
}

}  // namespace
}  // namespace argosy::update_service::ctl

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return argosy::update_service::ctl::start({argv + 1, argv + argc});
}
