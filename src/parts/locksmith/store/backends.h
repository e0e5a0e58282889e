// The semaphore in etcd's v3 and v2 interfaces. Private to this folder.
#pragma once

#include "parts/locksmith/store/store.h"

namespace argosy::locksmith {

Task<std::unique_ptr<Backend>> make_v3_backend(Loop& loop, Network& network, Random& random,
                                               StoreSettings settings);
Task<std::unique_ptr<Backend>> make_v2_backend(Loop& loop, Network& network,
                                               StoreSettings settings);
// It answers, and says that it is older than etcd 3.
Task<bool> has_only_v2(Loop& loop, Network& network, StoreSettings settings);

}  // namespace argosy::locksmith
