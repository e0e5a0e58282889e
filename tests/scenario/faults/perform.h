// Operations as requests to a member, and their answers.
#pragma once

#include "tests/scenario/faults/client.h"
#include "tests/scenario/faults/record.h"

namespace argosy::faults {

// Sends the operation, puts it into the record with what became of it. Nothing when no
// answer came.
Task<std::optional<linearizability::Operation>> perform(Client& client,
                                                        linearizability::Operation operation,
                                                        Record& record);

// A read from what the member has at hand, at a revision of the past or (0) the one that
// it has reached.
Task<void> read_serializable(Client& client, Bytes key, int64_t revision, Record& record);

}  // namespace argosy::faults
