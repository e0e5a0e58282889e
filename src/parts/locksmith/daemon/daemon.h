// locksmithd: brings the machine's reboots, update_engine's wish for one and the cluster's
// lock together. What it does when is strategy's; this is its hands.
#pragma once

#include "parts/locksmith/options/options.h"

namespace argosy::locksmith {

// Runs until the machine goes down, a signal, or an error that the service manager is to
// answer with a new start; the exit code.
int run_daemon(const Options& options, const Environment& environment);

}  // namespace argosy::locksmith
