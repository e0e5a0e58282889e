#include "argosy/ports.h"

#include <algorithm>

#include "base/format.h"
#include "sys/process/proc.h"

namespace argosy {
namespace {

std::optional<std::string> why_not_free(Network& network, const MemberPlan& member) {
  if (auto why = why_not_free(network, member.client_port)) return why;
  return why_not_free(network, member.peer_port);
}

bool is_taken(const ClusterPlan& plan, uint16_t port) {
  return std::ranges::any_of(plan.members, [&](const MemberPlan& member) {
    return member.client_port <= port + 1 && port <= member.peer_port;
  });
}

Result<MemberPlan> choose_member(Network& network, const ClusterPlan& so_far, uint16_t first_port,
                                 bool must_be_first, std::vector<std::string>& notes) {
  const size_t number = so_far.members.size();
  MemberPlan member{format("m{}", number + 1), 0, 0};
  for (size_t n = 0; const auto port = port_candidate(first_port, number, n); ++n) {
    if (is_taken(so_far, *port)) continue;
    member.client_port = *port;
    member.peer_port = static_cast<uint16_t>(*port + 1);
    const auto why = why_not_free(network, member);
    if (!why) return member;
    if (must_be_first) return fail(Code::kFailedPrecondition, *why);
    notes.push_back(*why);
  }
  return fail(Code::kFailedPrecondition, format("no free ports for member {}", member.name));
}

}  // namespace

std::optional<std::string> why_not_free(Network& network, uint16_t port) {
  const auto listening = network.listen({"127.0.0.1", port, {}}, [](auto) {});
  if (listening) return std::nullopt;
  if (const auto holder = holder_of_port(port)) {
    return format("port {} is in use by {}", port, holder->text());
  }
  return format("port {} cannot be used: {}", port, listening.error().text());
}

Result<ChosenPlan> choose_plan(Network& network, uint64_t members, uint16_t first_port,
                               bool must_be_first, std::string token) {
  ChosenPlan chosen{{std::move(token), {}}, {}};
  while (chosen.plan.members.size() < members) {
    chosen.plan.members.push_back(
        TRY(choose_member(network, chosen.plan, first_port, must_be_first, chosen.notes)));
  }
  return chosen;
}

Result<void> check_ports(Network& network, const ClusterPlan& plan,
                         const std::function<bool(const MemberPlan&)>& will_start) {
  for (const MemberPlan& member : plan.members) {
    if (!will_start(member)) continue;
    if (const auto why = why_not_free(network, member)) {
      return fail(Code::kFailedPrecondition,
                  format("{}, which member {} needs; stop that process first", *why, member.name));
    }
  }
  return {};
}

}  // namespace argosy
