// The number that names a lease.
#pragma once

#include <cstdint>

#include "base/id.h"

namespace argosy::etcd::lease {

using LeaseId = Distinct<struct LeaseIdTag, int64_t>;

inline constexpr LeaseId kNoLease{0};

}  // namespace argosy::etcd::lease
