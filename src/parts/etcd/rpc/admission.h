// What holds for every call before its own work: learners serve little, and a client
// may demand a leader. Private to this folder.
#pragma once

#include "io/grpc/server.h"
#include "parts/etcd/member/member.h"

namespace argosy::etcd::rpc {

// Whether a learner serves the call.
enum class OnLearner : bool { kRefused, kServed };

Result<void> admit(const grpc::CallInfo& info, const member::Member& member,
                   OnLearner on_learner = OnLearner::kRefused);

bool demands_leader(const grpc::CallInfo& info);
// Ends with no_leader when the member has seen no leader for three election timeouts.
Task<void> until_no_leader(member::Member& member);

// Runs a stream's handler; if the client demands a leader, until there is none.
Task<void> while_led(member::Member& member, const grpc::CallInfo& info, Task<void> handler);

}  // namespace argosy::etcd::rpc
