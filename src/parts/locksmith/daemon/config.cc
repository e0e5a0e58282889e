#include "parts/locksmith/daemon/config.h"

#include "parts/locksmith/ctl/ctl.h"

namespace argosy::locksmith {
namespace {

std::string either(const Environment& environment, std::string_view name,
                   std::string_view deprecated) {
  const std::string_view value = value_of(environment, name);
  return std::string(value.empty() ? value_of(environment, deprecated) : value);
}

Result<void> take_window(const Environment& environment, Config& config) {
  config.window_start =
      either(environment, "LOCKSMITHD_REBOOT_WINDOW_START", "REBOOT_WINDOW_START");
  config.window_length =
      either(environment, "LOCKSMITHD_REBOOT_WINDOW_LENGTH", "REBOOT_WINDOW_LENGTH");
  if (config.window_start.empty() != config.window_length.empty()) {
    return fail(Code::kInvalidArgument,
                "Either both or neither $REBOOT_WINDOW_START and $REBOOT_WINDOW_LENGTH must be "
                "set");
  }
  if (config.window_start.empty()) return {};
  auto window = Window::parse(config.window_start, config.window_length);
  if (!window) {
    return fail(Code::kInvalidArgument, "Error parsing reboot window: " + window.error().message());
  }
  config.window = *window;
  return {};
}

}  // namespace

Result<Config> make_config(const Options& options, const Environment& environment) {
  Config config;
  config.strategy = value_of(environment, "REBOOT_STRATEGY");
  if (config.strategy.empty()) config.strategy = "reboot";
  config.debug = options.debug;
  const std::string_view root = value_of(environment, "LOCKSMITHD_ROOT");
  if (!root.empty()) config.root = root;
  TRY(take_window(environment, config));
  config.store = TRY(store_settings(options, "LOCKSMITHD", environment));
  const auto duration = [&](std::string_view name, Duration& to) -> Result<void> {
    to = TRY(duration_of(environment, name, to));
    return {};
  };
  TRY(duration("LOCKSMITHD_RETRY_FIRST", config.first_retry));
  TRY(duration("LOCKSMITHD_RETRY_LAST", config.last_retry));
  TRY(duration("LOCKSMITHD_LOGIN_DELAY", config.login_delay));
  TRY(duration("LOCKSMITHD_HOOK_LIMIT", config.hook_limit));
  TRY(duration("LOCKSMITHD_STALE_AFTER", config.stale_after));
  config.stale_policy = TRY(parse_stale_policy(value_of(environment, "LOCKSMITHD_STALE_LOCK")));
  config.metrics_listen = value_of(environment, "LOCKSMITHD_METRICS_LISTEN");
  config.fleet_lock_url = value_of(environment, "LOCKSMITHD_FLEET_LOCK_URL");
  if (config.strategy == "fleet-lock" && config.fleet_lock_url.empty()) {
    return fail(Code::kInvalidArgument, "the strategy fleet-lock needs $LOCKSMITHD_FLEET_LOCK_URL");
  }
  return config;
}

}  // namespace argosy::locksmith
