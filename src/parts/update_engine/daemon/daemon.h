// update_engine: asks for updates, installs them, says how far it is on D-Bus.
#pragma once

#include "parts/update_engine/daemon/options.h"

namespace argosy::update_engine {

// Runs until SIGTERM or SIGINT; the exit code.
int run_daemon(const Options& options);

}  // namespace argosy::update_engine
