// The flags as they are written, before they are understood. Private to this folder.
#pragma once

#include "lib/cli/flag_set.h"
#include "parts/etcd/config/config.h"

namespace argosy::etcd::config {

struct Flags {
  std::string name, data_dir, wal_dir, config_file;
  uint64_t snapshot_count = 0, heartbeat_interval = 0, election_timeout = 0;
  bool initial_election_tick_advance = true, pre_vote = false, strict_reconfig_check = true;
  std::vector<std::string> listen_peer_urls, listen_client_urls, listen_metrics_urls;
  std::vector<std::string> initial_advertise_peer_urls, advertise_client_urls;
  std::string initial_cluster, initial_cluster_state, initial_cluster_token;
  uint64_t max_snapshots = 0, max_wals = 0, max_request_bytes = 0, max_txn_ops = 0;
  uint64_t max_concurrent_streams = 0, backend_batch_limit = 0;
  int64_t quota_backend_bytes = 0;
  Duration backend_batch_interval{};
  Duration keepalive_min_time{}, keepalive_interval{}, keepalive_timeout{};
  TlsFiles client, peer;
  std::vector<std::string> cipher_suites, cors, host_whitelist;
  std::string log_level, logger, metrics, auto_compaction_mode, auto_compaction_retention;
  std::vector<std::string> log_outputs;
  bool debug = false, version = false, enable_v2 = false, enable_pprof = false;
  bool enable_grpc_gateway = true, force_new_cluster = false, unsafe_no_fsync = false;
  std::string auth_token, freelist_type, discovery, discovery_srv;
};

void define(cli::FlagSet& set, Flags& flags);
// What the file says, flag by flag. The file's keys are the flags' names but for the
// blocks client-transport-security and peer-transport-security.
Result<void> apply_file(cli::FlagSet& set, Flags& flags, std::string_view text);

}  // namespace argosy::etcd::config
