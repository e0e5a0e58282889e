// Patches in the format of bsdiff 4 ("BSDIFF40"; docs/formats/payload.md): written from
// matches, applied from and to anything. Debian's bspatch applies ours, and ours apply
// Debian's. Pure.
#pragma once

#include <functional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "lib/payload/bsdiff/match.h"

namespace argosy::payload {

// The matches are as find_matches() gives them.
Bytes make_patch(BytesView old, BytesView fresh, const std::vector<Match>& matches);

// How many bytes the patch makes; InvalidArgument for what is no patch.
Result<uint64_t> patched_size(BytesView patch);

// Fills `to` with the old bytes from `offset` on; asked only for what is inside.
using ReadOld = std::function<Result<void>(uint64_t offset, std::span<char> to)>;
// Takes the new bytes in order, in pieces of up to 64 KiB.
using WriteNew = std::function<Result<void>(BytesView bytes)>;

// Holds a few pieces and the unpackers' windows in memory, whatever the sizes. Any
// patch, however damaged, ends it with InvalidArgument after at most patched_size() bytes.
Result<void> apply_patch(BytesView patch, uint64_t old_size, const ReadOld& read_old,
                         const WriteNew& write_new);

}  // namespace argosy::payload
