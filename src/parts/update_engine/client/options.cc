#include "base/format.h"
#include "parts/update_engine/client/client.h"
#include "parts/update_engine/flags/flags.h"

namespace argosy::update_engine {
namespace {

Flags flags_of(ClientOptions& options) {
  Flags flags;
  flags.add("check_for_update", options.check_for_update, "Initiate check for updates.");
  flags.add("reset_status", options.reset_status, "Sets the status in update_engine to idle.");
  flags.add("status", options.status, "Print the status to stdout.");
  flags.add("update", options.update,
            "Forces an update and waits for its completion. Exit status is 0 if the update "
            "succeeded, and 1 otherwise.");
  flags.add("watch_for_updates", options.watch_for_updates,
            "Listen for status updates and print them to the screen.");
  flags.add_ignored("logtostderr");
  flags.add("help", options.help, "show this help");
  flags.add("family", options.family,
            "coreos or flatcar: without an update, update ends with 1 or with 0");
  flags.add("time_divisor", options.time_divisor, "for tests: all waits are so much shorter");
  return flags;
}

}  // namespace

Result<ClientOptions> parse_client_options(const std::vector<std::string>& arguments) {
  ClientOptions options;
  TRY(flags_of(options).parse(arguments));
  if (options.time_divisor < 1) {
    return fail(Code::kInvalidArgument, "ERROR: time_divisor is at least 1");
  }
  if (!options.family.empty() && options.family != "coreos" && options.family != "flatcar") {
    return fail(Code::kInvalidArgument, "ERROR: family is coreos or flatcar");
  }
  return options;
}

std::string client_usage(std::string_view program) {
  ClientOptions options;
  return format("{}: asks update_engine.\n\n  Flags:\n{}", program, flags_of(options).help());
}

}  // namespace argosy::update_engine
