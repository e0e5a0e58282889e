// update_engine_stub: for machines whose /usr is not to be updated (/usr/.noupdate, booted from
// the network or a medium): tells the server that they run, and nothing else.
#pragma once

#include "parts/update_engine/daemon/options.h"

namespace argosy::update_engine {

// One event, 3/2, with previousversion="". The exit code: 1 when nobody heard it.
int run_stub(const Options& options);

}  // namespace argosy::update_engine
