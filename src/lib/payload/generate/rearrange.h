// A plan's tasks for operations that work in place: in an order in which most of them find
// what they read, and without the old blocks that are overwritten by then. Pure.
#pragma once

#include "lib/payload/generate/plan.h"

namespace argosy::payload {

// Copies of blocks that are gone become full tasks of up to `full_bytes`, at the end.
std::vector<Work> rearrange_in_place(std::vector<Work> works, uint64_t full_bytes);

// The task without these old blocks (sorted, each one of its old ones). What a copy can't
// copy any more is appended to `orphans`; a patch of nothing becomes a full task.
Work without_blocks(Work work, const std::vector<Extent>& lost, std::vector<Extent>& orphans);

}  // namespace argosy::payload
