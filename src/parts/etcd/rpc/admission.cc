#include "parts/etcd/rpc/admission.h"

#include "parts/etcd/error/errors.h"

namespace argosy::etcd::rpc {

bool demands_leader(const grpc::CallInfo& info) {
  return info.metadata.value_of("hasleader") == "true";
}

Result<void> admit(const grpc::CallInfo& info, const member::Member& member, OnLearner on_learner) {
  if (on_learner == OnLearner::kRefused && member.is_learner()) {
    return fail(error::not_supported_for_learner());
  }
  if (demands_leader(info) && member.leader() == 0) return fail(error::no_leader());
  return {};
}

Task<void> until_no_leader(member::Member& member) {
  const Duration election = member.options().election_ticks * member.options().tick;
  int absent = 0;
  while (absent < 3) {
    co_await sleep_for(member.loop(), election);
    absent = member.leader() == 0 ? absent + 1 : 0;
  }
  co_await failure(error::no_leader());
}

Task<void> while_led(member::Member& member, const grpc::CallInfo& info, Task<void> handler) {
  if (!demands_leader(info)) {
    co_await std::move(handler);
    co_return;
  }
  co_await co_await first_of(member.loop(), std::move(handler), until_no_leader(member));
}

}  // namespace argosy::etcd::rpc
