// Finding out who a new member of an existing cluster is: the others know.
#pragma once

#include "io/net/stream.h"
#include "io/tls/tls.h"
#include "parts/etcd/member/boot.h"

namespace argosy::etcd::server {

// Asks the other members of --initial-cluster, one after the other, until one answers.
Task<member::Identity> identity_from_peers(Loop& loop, Network& network, TlsContext* tls,
                                           const member::Options& options);

}  // namespace argosy::etcd::server
