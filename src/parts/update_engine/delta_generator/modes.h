// What delta_generator can do, one function for each way of calling it. What they say
// goes to standard error, as in the original.
#pragma once

#include "parts/update_engine/delta_generator/options.h"
#include "sys/file/disk.h"

namespace argosy::update_engine {

// Picks the way from the flags, in the original's order.
Result<void> run(Disk& disk, const DeltaGeneratorOptions& options);

}  // namespace argosy::update_engine
