// The errors of this folder as clients know them: code and exact text.
#pragma once

#include "base/result.h"

namespace argosy::etcd::mvcc {

Error compacted_error();         // OutOfRange
Error future_revision_error();   // OutOfRange
Error key_not_provided_error();  // InvalidArgument, and so the rest but the last
Error key_not_found_error();
Error value_provided_error();
Error lease_provided_error();
Error too_many_operations_error();
Error duplicate_key_error();
Error lease_not_found_error();  // NotFound

// Reasons of a refused watch. These texts have no "etcdserver: " in front.
inline constexpr std::string_view kDuplicateWatchId =
    "mvcc: duplicate watch ID provided on the WatchStream";
inline constexpr std::string_view kEmptyWatchRange = "mvcc: watcher range is empty";

}  // namespace argosy::etcd::mvcc
