// What a cluster consists of, decided once when it is first started and kept in its
// directory, since members remember each other's addresses. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lib/json/json.h"

namespace argosy {

inline constexpr uint64_t kMaxMembers = 9;
inline constexpr uint16_t kFirstPort = 2379;
inline constexpr uint64_t kMaxFirstPort = 65000;

struct MemberPlan {
  std::string name;
  uint16_t client_port = 0;
  uint16_t peer_port = 0;

  std::string client_url() const;
  std::string peer_url() const;
  bool operator==(const MemberPlan&) const = default;
};

struct ClusterPlan {
  std::string token;
  std::vector<MemberPlan> members;

  const MemberPlan* find(std::string_view name) const;
  bool operator==(const ClusterPlan&) const = default;
};

// The n-th (from 0) place for the i-th member's client port; its peer port is the next.
// Nothing when there is none left below 65536.
std::optional<uint16_t> port_candidate(uint16_t first, size_t member, size_t n);

json::Value to_json(const ClusterPlan& plan);
// DataLoss when it is not what to_json makes.
Result<ClusterPlan> plan_from_json(std::string_view text);

// The arguments of a member's program, its name first.
std::vector<std::string> etcd_arguments(const ClusterPlan& plan, const MemberPlan& member,
                                        const std::string& data_dir);

// For etcdctl.
std::string client_urls(const ClusterPlan& plan);

// Where things are in a cluster's directory.
struct Places {
  explicit Places(std::string directory) : root(std::move(directory)) {}

  std::string plan() const { return root + "/cluster.json"; }
  std::string state() const { return root + "/state.json"; }
  std::string lock() const { return root + "/supervisor.lock"; }
  std::string logs() const { return root + "/log"; }
  std::string log_of(std::string_view name) const;
  std::string members() const { return root + "/members"; }
  std::string data_of(std::string_view name) const;

  std::string root;
};

}  // namespace argosy
