// Asks members how they are (etcdserverpb.Maintenance/Status), all at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "argosy/plan.h"
#include "base/time.h"
#include "io/net/stream.h"

namespace argosy {

class UvLoop;

struct MemberHealth {
  std::string error;  // empty: it answered, and the rest holds
  uint64_t id = 0;
  uint64_t leader = 0;  // 0: it knows none
  uint64_t term = 0;
  uint64_t index = 0;
  uint64_t applied = 0;
  int64_t db_size = 0;  // bytes
  int64_t db_size_in_use = 0;
  bool is_learner = false;
  std::string version;
  std::vector<std::string> alarms;

  bool answered() const { return error.empty(); }
};

// All answer and name the same leader.
bool is_healthy(const std::vector<MemberHealth>& members);

class HealthCheck {
 public:
  HealthCheck(UvLoop& loop, const ClusterPlan& plan);
  ~HealthCheck();

  // In the plan's order. Runs the loop until all have answered or the limit has passed.
  std::vector<MemberHealth> ask(Duration limit);

 private:
  struct Probe;
  UvLoop& loop_;
  std::vector<std::unique_ptr<Probe>> probes_;
};

}  // namespace argosy
