// A cluster as people and programs want to see it: values in, text out.
#pragma once

#include "argosy/health.h"
#include "argosy/plan.h"
#include "argosy/state.h"
#include "lib/json/json.h"

namespace argosy {

struct ClusterView {
  std::string data;
  ClusterPlan plan;
  State state;
  bool supervisor_runs = false;
  std::vector<MemberHealth> health;  // in the plan's order
};

// The table of members and the lines to paste for etcdctl.
std::string to_table(const ClusterView& view);
json::Value to_json(const ClusterView& view);

// "1 member", "3 members".
std::string counted(uint64_t count, std::string_view what);

// "20 kB", as etcdctl says it.
std::string human_size(int64_t bytes);

// Columns as wide as their widest cell, two spaces between.
std::string align(const std::vector<std::vector<std::string>>& rows);

}  // namespace argosy
