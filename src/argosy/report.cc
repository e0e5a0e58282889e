#include "argosy/report.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/format.h"

namespace argosy {
namespace {

std::string role(const MemberHealth& health) {
  if (health.leader == 0) return "no leader";
  if (health.leader == health.id) return "leader";
  return health.is_learner ? "learner" : "follower";
}

std::string pid_of(const ClusterView& view, const std::string& name) {
  const MemberState* state = view.state.find(name);
  return state != nullptr && state->process.pid != 0 ? format("{}", state->process.pid) : "-";
}

std::vector<std::string> row(const ClusterView& view, size_t i) {
  const MemberPlan& plan = view.plan.members[i];
  const MemberHealth& health = view.health[i];
  std::vector<std::string> cells{plan.name};
  if (health.answered()) {
    cells.insert(cells.end(), {to_hex(health.id), role(health), format("{}", health.term),
                               format("{}", health.index)});
  } else {
    cells.insert(cells.end(), {"-", "down", "-", "-"});
  }
  cells.insert(cells.end(),
               {plan.client_url(), plan.peer_url(),
                health.answered() ? human_size(health.db_size) : "-", pid_of(view, plan.name)});
  return cells;
}

// Whatever else there is to know of a member: why it is down, its alarms.
std::string remarks(const ClusterView& view, size_t i) {
  const MemberPlan& plan = view.plan.members[i];
  const MemberHealth& health = view.health[i];
  const MemberState* state = view.state.find(plan.name);
  std::string text;
  if (!health.answered()) text += format("{}: {}\n", plan.name, health.error);
  for (const std::string& alarm : health.alarms) text += format("{}: {}\n", plan.name, alarm);
  if (state != nullptr && state->restarts > 0) {
    text += format("{}: started again {}, last after: {}\n", plan.name,
                   counted(state->restarts, "time"), state->last_exit);
  }
  return text;
}

json::Object member_json(const ClusterView& view, size_t i) {
  const MemberPlan& plan = view.plan.members[i];
  const MemberHealth& health = view.health[i];
  const MemberState* state = view.state.find(plan.name);
  const MemberState known = state != nullptr ? *state : MemberState{};
  json::Object member{
      {"name", plan.name},           {"client_url", plan.client_url()},
      {"peer_url", plan.peer_url()}, {"pid", known.process.pid},
      {"restarts", known.restarts},  {"healthy", health.answered() && health.leader != 0}};
  if (!known.last_exit.empty()) member.emplace_back("last_exit", known.last_exit);
  if (!health.answered()) {
    member.emplace_back("error", health.error);
    return member;
  }
  json::Array alarms;
  for (const std::string& alarm : health.alarms) alarms.emplace_back(alarm);
  for (json::Member& field : json::Object{{"id", to_hex(health.id)},
                                          {"role", role(health)},
                                          {"leader", to_hex(health.leader)},
                                          {"raft_term", health.term},
                                          {"raft_index", health.index},
                                          {"raft_applied_index", health.applied},
                                          {"db_size", health.db_size},
                                          {"db_size_in_use", health.db_size_in_use},
                                          {"version", health.version},
                                          {"alarms", std::move(alarms)}}) {
    member.push_back(std::move(field));
  }
  return member;
}

}  // namespace

std::string counted(uint64_t count, std::string_view what) {
  return format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string human_size(int64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  if (unit == 0 || value >= 9.95) return format("{:.0f} {}", value, kUnits[unit]);
  return format("{:.1f} {}", value, kUnits[unit]);
}

std::string align(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& cells : rows) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string text;
  for (const auto& cells : rows) {
    for (size_t i = 0; i < cells.size(); ++i) {
      const bool last = i + 1 == cells.size();
      text += last ? cells[i] : format("{:<{}}  ", cells[i], widths[i]);
    }
    text += '\n';
  }
  return text;
}

std::string to_table(const ClusterView& view) {
  std::vector<std::vector<std::string>> rows{
      {"NAME", "ID", "ROLE", "TERM", "INDEX", "CLIENTS", "PEERS", "DB SIZE", "PID"}};
  std::string below;
  for (size_t i = 0; i < view.plan.members.size(); ++i) {
    rows.push_back(row(view, i));
    below += remarks(view, i);
  }
  std::string text = align(rows);
  if (!below.empty()) text += "\n" + below;
  if (!view.supervisor_runs) {
    text += "\nNo supervisor runs: who crashes stays down. `argosy up` starts one again.\n";
  }
  return text + format(
                    "\nTo use it with etcdctl:\n  export ETCDCTL_API=3 ETCDCTL_ENDPOINTS={}\n"
                    "  etcdctl put greeting hello && etcdctl get greeting\n",
                    client_urls(view.plan));
}

json::Value to_json(const ClusterView& view) {
  json::Array members;
  for (size_t i = 0; i < view.plan.members.size(); ++i) {
    members.emplace_back(member_json(view, i));
  }
  return json::Object{{"data", view.data},
                      {"healthy", is_healthy(view.health)},
                      {"supervisor_pid", view.supervisor_runs ? view.state.supervisor.pid : 0},
                      {"members", std::move(members)},
                      {"environment", json::Object{{"ETCDCTL_API", "3"},
                                                   {"ETCDCTL_ENDPOINTS", client_urls(view.plan)}}}};
}

}  // namespace argosy
