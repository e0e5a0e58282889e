#include "parts/locksmith/ctl/ctl.h"

#include "base/format.h"
#include "base/text.h"
#include "io/task/scope.h"
#include "parts/locksmith/ctl/command.h"
#include "parts/locksmith/store/store.h"

namespace argosy::locksmith {
namespace {

Task<void> run_and_stop(const Command* command, Context* context, Words words) {
  co_await command->run(context, std::move(words));
  context->loop.stop();
}

}  // namespace

Result<StoreSettings> store_settings(const Options& options, std::string_view prefix,
                                     const Environment& environment) {
  const std::string variable = format("{}_ETCD_API", prefix);
  StoreSettings settings;
  settings.endpoints = options.endpoints;
  settings.ca_file = options.ca_file;
  settings.cert_file = options.cert_file;
  settings.key_file = options.key_file;
  settings.username = options.username;
  settings.password = options.password;
  settings.group = options.group;
  settings.api = TRY_CONTEXT(parse_api(value_of(environment, variable)), variable);
  return settings;
}

Ending run_ctl(const Options& options, const Environment& environment) {
  Words words = options.words;
  if (words.empty()) words.emplace_back("help");
  const Command* command = find_command(words.front());
  if (command == nullptr) {
    return {.code = 2,
            .out = format("locksmithctl: unknown subcommand: {}\n"
                          "Run 'locksmithctl help' for usage.\n",
                          go_quote(words.front())),
            .err = {}};
  }
  auto rest = parse_command({words.begin() + 1, words.end()});
  if (!rest) return std::move(rest).error();
  UvLoop loop;
  Context context{
      loop, options, environment, std::string(value_of(environment, "LOCKSMITHCTL_ROOT")), {}};
  if (context.root.empty()) context.root = "/";
  Scope scope(loop, [&](const Error& error) {
    context.complain(error.text());
    loop.stop();
  });
  // Spawned in a turn: a command that needs no waiting would stop a loop that has not begun.
  loop.post([&] { scope.spawn(run_and_stop(command, &context, *std::move(rest))); });
  loop.run();
  return std::move(context.ending);
}

}  // namespace argosy::locksmith
