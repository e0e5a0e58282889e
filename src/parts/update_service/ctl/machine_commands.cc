// Commands that are machines themselves: they run on, and print as they go.
#include <cstdio>

#include "base/format.h"
#include "base/text.h"
#include "parts/update_service/ctl/command.h"
#include "parts/update_service/ctl/fake.h"
#include "parts/update_service/ctl/watch.h"

namespace argosy::update_service::ctl {
namespace {

constexpr uint64_t kMaxMachines = 10'000;

Result<uint64_t> number(const Context& context, const std::string& name, uint64_t most) {
  const auto value = parse_uint(context.flag(name));
  if (!value || *value > most) {
    return fail(Code::kInvalidArgument, format("-{} is a number up to {}", name, most));
  }
  return *value;
}

Result<Duration> seconds_in(const Context& context, const std::string& name) {
  return seconds(TRY(number(context, name, 1'000'000)));
}

Result<FakeOptions> fake_options(const Context& context) {
  FakeOptions options{.application = context.flag("app-id"),
                      .track = context.flag("group-id"),
                      .version = context.flag("version"),
                      .oem = context.flag("oem"),
                      .machines = TRY(number(context, "clients-per-app", kMaxMachines)),
                      .least_pause = TRY(seconds_in(context, "min-sleep")),
                      .most_pause = TRY(seconds_in(context, "max-sleep")),
                      .error_percent = TRY(number(context, "errorrate", 100)),
                      .pings = TRY(number(context, "ping-only", 1'000'000)),
                      .is_on_demand = context.is_set("force-update"),
                      .checks = TRY(number(context, "checks", 1'000'000))};
  options.most_pause = std::max(options.least_pause, options.most_pause);
  return options;
}

Result<void> instance_fake(Context& context) {
  const FakeOptions options = TRY(fake_options(context));
  const auto quiet = [](std::string_view) {};
  const FakeOutcome outcome =
      run_fakes(context.client, real_random(), options,
                context.wants_json ? std::function<void(std::string_view)>(quiet) : context.say);
  const json::Value figures = json::Object{{"machines", options.machines},
                                           {"updates", outcome.updates},
                                           {"failures", outcome.failures},
                                           {"unheard", outcome.unheard},
                                           {"at_newest", outcome.at_newest}};
  if (outcome.unheard > 0) {
    return fail(Code::kUnavailable, format("{} requests were not answered", outcome.unheard));
  }
  if (context.shows_json(figures)) return {};
  context.out = format("{} machines: {} updates, {} failures, {} at the newest version\n",
                       options.machines, outcome.updates, outcome.failures, outcome.at_newest);
  return {};
}

Result<void> watch_command(Context& context) {
  const std::string& id = context.flag("client-id");
  WatchOptions options{.machine = {.id = id.empty() ? new_uuid(real_random()) : id,
                                   .boot_id = new_uuid(real_random()),
                                   .application = context.flag("app-id"),
                                   .track = context.flag("group-id"),
                                   .version = context.flag("version"),
                                   .oem = {}},
                       .interval = TRY(seconds_in(context, "interval")),
                       .command = context.words,
                       .checks = TRY(number(context, "checks", 1'000'000))};
  return watch(context.client, std::move(options), [](std::string_view text) {
    std::fprintf(stderr, "%.*s", static_cast<int>(text.size()), text.data());
  });
}

const Flag kChecks = {"checks", "0", "End after so many checks; 0: never."};

}  // namespace

std::span<const Command> machine_commands() {
  static const std::vector<Command> kCommands = {
      {"instance fake",
       "[OPTION]...",
       "Simulate multiple fake instances.",
       {{"app-id", "", "Application ID to update.", true},
        {"group-id", "", "Group ID to update.", true},
        {"clients-per-app", "20", "Number of fake instances."},
        {"min-sleep", "1", "Minimum time between update checks, in seconds."},
        {"max-sleep", "10", "Maximum time between update checks, in seconds."},
        {"errorrate", "1", "Chance of error (0-100)%."},
        {"oem", "fakeclient", "OEM to report."},
        {"ping-only", "0", "Pings to send before an update's end, as if waiting for a reboot."},
        {"version", "0.0.0", "Version to report."},
        {"force-update", "", "Force updates regardless of rate limiting.", false, true},
        kChecks},
       0,
       instance_fake},
      {"watch",
       "[OPTION]... <cmd> <args>",
       "Watch for app versions and exec a given command.",
       {{"app-id", "", "Application to watch.", true},
        {"group-id", "", "Group of application to subscribe to.", true},
        {"interval", "1", "Update polling interval, in seconds."},
        {"version", "0.0.0", "Starting version number."},
        {"client-id", "", "Client id to report as; default: a random one."},
        kChecks},
       kSomeWords,
       watch_command},
  };
  return kCommands;
}

}  // namespace argosy::update_service::ctl
