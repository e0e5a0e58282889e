// Tells what an interrupted write leaves from damage.
//
// A disk writes sectors whole. So after a loss of power, of what was written since the
// last sync, some sectors are there and the others are as they were: zeros, since the
// log is only appended to and what follows it is zeroed. A record is torn, rather than
// damaged, only if it reaches into such a sector or past the end of the file, and its
// first bytes agree with its length.
//
// Even then it is damage if a sync came after it, for what was synced is not torn. A
// sync is proven by the order of the records that follow (sync_proof.h).
//
// The original asks only whether some sector's part of the record is zero.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace argosy::etcd::wal {

// Whether the record whose length field (not zero) is at `at` and which cannot be read
// is the torn end of the log. `segment` is the whole last segment.
bool is_torn_record(BytesView segment, uint64_t at);

// Whether the log can end at `at`, where a length field is zero or missing, although
// something other than zeros follows.
bool is_end_of_log(BytesView segment, uint64_t at);

bool is_all_zero(BytesView bytes);

}  // namespace argosy::etcd::wal
