// locksmithd's settings: the original's flags and variables, and the additions, which are
// all off when their variables are not set. docs/locksmith.md. Private to this folder.
#pragma once

#include <optional>

#include "parts/locksmith/options/options.h"
#include "parts/locksmith/semaphore/stale.h"
#include "parts/locksmith/store/store.h"
#include "parts/locksmith/window/window.h"

namespace argosy::locksmith {

struct Config {
  std::string strategy;
  std::optional<Window> window;
  std::string window_start;
  std::string window_length;
  std::string root = "/";
  StoreSettings store;
  Duration first_retry = seconds(5);
  Duration last_retry = minutes(5);
  Duration login_delay = minutes(5);
  Duration hook_limit = minutes(5);
  StalePolicy stale_policy = StalePolicy::kOff;
  Duration stale_after = hours(1);
  std::string metrics_listen;  // "host:port"; empty: none
  std::string fleet_lock_url;
  bool debug = false;
};

// The texts of errors are the original's, where it has them.
Result<Config> make_config(const Options& options, const Environment& environment);

}  // namespace argosy::locksmith
