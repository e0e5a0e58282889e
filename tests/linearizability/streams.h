// Watch streams: no gap, nothing twice, nothing out of order, and all of them tell the
// same story.
#pragma once

#include "tests/linearizability/revisions.h"

namespace argosy::linearizability {

// One stream for itself: revisions never fall, a revision has a key once, nothing is
// outside the range of keys and revisions.
Findings check_order(const EventStream& stream);

// Against a stream that covers its range of keys and revisions.
Findings check_same(const EventStream& stream, const EventStream& reference);

// The content that remains after all events, with the revisions of the last changes.
std::vector<std::pair<Bytes, Seen>> replay(const std::vector<Event>& events);

}  // namespace argosy::linearizability
