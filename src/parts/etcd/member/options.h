// How a member is set up; the defaults are the original's (3.4.23).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace argosy::etcd::member {

// The one version that this member declares, and behaves as, in every respect.
inline constexpr std::string_view kServerVersion = "3.4.23";
inline constexpr std::string_view kMinClusterVersion = "3.0.0";

struct Options {
  std::string name = "default";
  std::string data_dir;
  std::string wal_dir;  // empty: below data_dir
  std::vector<std::string> advertised_peer_urls;
  std::vector<std::string> advertised_client_urls;
  std::string initial_cluster;
  std::string initial_cluster_token = "etcd-cluster";
  bool is_new_cluster = true;
  Duration tick = milliseconds(100);
  uint32_t election_ticks = 10;
  bool advance_first_election = true;
  bool pre_vote = false;
  uint64_t snapshot_count = 100000;
  uint64_t snapshot_catchup_entries = 5000;
  size_t max_snap_files = 5;  // 0: keep all
  size_t max_wal_files = 5;
  int64_t quota_bytes = 0;  // 0: the default of 2 GiB; negative: none
  Duration batch_interval = milliseconds(100);
  size_t batch_limit = 10000;
  size_t max_request_bytes = 1572864;
  int max_txn_ops = 128;
  bool strict_reconfig_check = true;
  bool unsafe_no_fsync = false;
  // What to do when the member must not go on; does not return.
  std::function<void(const Error&)> on_fatal;
};

inline constexpr uint64_t kDefaultQuota = 2ULL << 30;

// The original's limit for a proposal: 5 s and two elections.
inline Duration request_timeout(const Options& options) {
  return seconds(5) + 2 * options.election_ticks * options.tick;
}

}  // namespace argosy::etcd::member
