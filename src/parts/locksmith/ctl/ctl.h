// locksmithctl: the reboot lock from a command line, with the original's words, outputs
// and exit codes.
#pragma once

#include "parts/locksmith/options/options.h"

namespace argosy::locksmith {

// Does what the words after the flags say; what is printed is in the Ending.
Ending run_ctl(const Options& options, const Environment& environment);

// How the options and the environment (PREFIX_ETCD_API) name the lock.
struct StoreSettings;
Result<StoreSettings> store_settings(const Options& options, std::string_view prefix,
                                     const Environment& environment);

}  // namespace argosy::locksmith
