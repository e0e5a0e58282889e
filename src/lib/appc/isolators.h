// What isolators mean (appc/spec: ace.md, "Isolators"): judged by the rules of the reference code,
// as one value for who runs the app.
#pragma once

#include <optional>

#include "lib/appc/manifest.h"
#include "lib/appc/quantity.h"

namespace argosy::appc {

struct Seccomp {
  bool retains = false;  // else it removes
  Texts set;             // calls, and wildcards "@..."
  std::string error;     // "EPERM"; empty: the default
  bool operator==(const Seccomp&) const = default;
};

struct Resource {
  std::optional<Quantity> request;
  std::optional<Quantity> limit;
  bool operator==(const Resource&) const = default;
};

struct SelinuxContext {
  std::string user, role, type, level;
  bool operator==(const SelinuxContext&) const = default;
};

struct Isolation {
  std::optional<Texts> retained_capabilities;
  std::optional<Texts> removed_capabilities;
  std::optional<Seccomp> seccomp;
  std::optional<SelinuxContext> selinux;
  std::optional<std::string> apparmor_profile;
  bool no_new_privileges = false;
  std::optional<int64_t> oom_score_adjust;  // -1000 to 1000
  std::optional<uint64_t> cpu_shares;
  std::optional<Resource> cpu, memory, block_bandwidth, block_iops, network_bandwidth;
  TextMap sysctl;  // of pods
  Texts unknown;   // names that nobody here knows; to be passed over with a warning
};

// Of several of a name the last counts, but for those that may be there once only. Errors are
// InvalidArgument and name the isolator.
Result<Isolation> read_isolation(const std::vector<Isolator>& isolators);

}  // namespace argosy::appc
