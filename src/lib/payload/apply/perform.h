// One operation on one part.
#pragma once

#include "lib/payload/apply/installation.h"

namespace argosy::payload {

// Whether this version can carry it out.
bool is_supported(OperationType type);
// Whether it reads the old slot, and not the partition as it has become so far.
bool reads_old_slot(OperationType type);

// The source of an operation is not what the delta was made against (FailedPrecondition).
Result<void> verify_source(Installation& to, const Operation& operation);

// Carries out a checked operation. It holds what it makes in memory first when one of
// the blocks that it writes was written before, and else not.
Result<void> perform(Installation& to, const Operation& operation, BytesView blob,
                     const Limits& limits);

}  // namespace argosy::payload
