// Which ports are free on this machine's loopback, and who holds those that are not.
#pragma once

#include <functional>

#include "argosy/plan.h"
#include "io/net/stream.h"

namespace argosy {

// Nothing if the port can be listened on; otherwise what stands in the way, as in
// "port 2379 is in use by etcd (pid 812)".
std::optional<std::string> why_not_free(Network& network, uint16_t port);

struct ChosenPlan {
  ClusterPlan plan;
  std::vector<std::string> notes;  // ports that were passed over, and why
};
// `must_be_first`: fail with FailedPrecondition rather than look for the next free port.
Result<ChosenPlan> choose_plan(Network& network, uint64_t members, uint16_t first_port,
                               bool must_be_first, std::string token);

// FailedPrecondition if a port of a member that `will_start` names is not free.
Result<void> check_ports(Network& network, const ClusterPlan& plan,
                         const std::function<bool(const MemberPlan&)>& will_start);

}  // namespace argosy
