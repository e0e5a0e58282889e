// A cluster in its directory, seen from a command: what is planned, what runs, how it
// is. Shared by the verbs.
#pragma once

#include "argosy/health.h"
#include "argosy/options.h"
#include "argosy/plan.h"
#include "argosy/report.h"
#include "argosy/state.h"

namespace argosy {

class Cluster {
 public:
  // Reads the directory; one that is empty or missing is a cluster that never started.
  static Result<Cluster> open(const std::string& data);

  const Places& places() const { return places_; }
  const std::optional<ClusterPlan>& plan() const { return plan_; }
  const State& state() const { return state_; }
  std::optional<Process> supervisor() const { return find_running(state_.supervisor); }
  // Members that run, with or without a supervisor.
  std::vector<Process> members() const;
  bool runs() const { return supervisor().has_value() || !members().empty(); }

  // Reads again what the supervisor has written.
  Result<void> refresh();
  // Of a cluster that has a plan.
  ClusterView view(std::vector<MemberHealth> health) const;

 private:
  explicit Cluster(std::string data) : places_(std::move(data)) {}

  Places places_;
  std::optional<ClusterPlan> plan_;
  State state_;
};

// The last lines of a file, at most `lines` (0: all, at most 4 MiB); empty if it is missing.
std::string last_lines(const std::string& path, uint64_t lines);

}  // namespace argosy
