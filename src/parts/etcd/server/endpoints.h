// What a member serves over plain HTTP to clients and monitors: /version, /health,
// /metrics.
#pragma once

#include "io/http/exchange.h"
#include "parts/etcd/member/member.h"

namespace argosy::etcd::server {

// {"etcdserver":"3.4.23","etcdcluster":"3.4.0"}
Task<void> handle_version(Exchange& exchange, const member::Member& member);
// Alarms, a leader, a linearizable read; 503 and {"health":"false"} otherwise. Whether
// it was well.
Task<bool> handle_health(Exchange& exchange, member::Member& member);

// Lets pages of these origins ("*": of any) read the answers of the client port.
void allow_origin(Exchange& exchange, const std::vector<std::string>& allowed);
void answer_not_found(Exchange& exchange);
void answer_method_not_allowed(Exchange& exchange, std::string_view allowed);

}  // namespace argosy::etcd::server
