// update_engine_client: asks the daemon on D-Bus, with the original's options, words and exit
// codes. What is asked for comes in this order, and the first ends the run: reset_status,
// status, check_for_update and update, watch_for_updates.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace argosy::update_engine {

struct ClientOptions {
  bool help = false;
  bool check_for_update = false;
  bool status = false;
  bool reset_status = false;
  bool update = false;
  bool watch_for_updates = false;
  // Ours: "coreos" or "flatcar", which differ in how `update` ends without an update; empty:
  // Flatcar where its files are.
  std::string family;
  int64_t time_divisor = 1;
};

// InvalidArgument with gflags' text.
Result<ClientOptions> parse_client_options(const std::vector<std::string>& arguments);
std::string client_usage(std::string_view program);

// The exit code.
int run_client(const ClientOptions& options);

}  // namespace argosy::update_engine
