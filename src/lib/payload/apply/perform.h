// One operation on one part.
#pragma once

#include "lib/payload/apply/installation.h"
#include "lib/payload/bsdiff/patch.h"
#include "lib/payload/compression/compression.h"

namespace argosy::payload {

// Of a REPLACE; nothing for other operations.
std::optional<Packing> packing_of(OperationType type);
// Whether this version can carry it out.
bool is_supported(OperationType type);
// Whether it reads the old slot, and not the partition as it has become so far.
bool reads_old_slot(OperationType type);

// The source of an operation is not what the delta was made against (FailedPrecondition).
Result<void> verify_source(Installation& to, const Operation& operation);

// What a MOVE, a BSDIFF or the SOURCE_ form of one makes, in order. `blob` is the patch.
Result<void> produce(Installation& to, const Operation& operation, BytesView blob,
                     const WriteNew& write);

// Carries out a checked operation. It holds what it makes in memory first when one of
// the blocks that it writes was written before, and else not.
Result<void> perform(Installation& to, const Operation& operation, BytesView blob,
                     const Limits& limits);

}  // namespace argosy::payload
