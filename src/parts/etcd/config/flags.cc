#include "parts/etcd/config/flags.h"

#include "base/format.h"
#include "base/text.h"
#include "lib/yaml/yaml.h"

namespace argosy::etcd::config {
namespace {

void define_member(cli::FlagSet& set, Flags& f) {
  set.section("Member");
  set.add("name", f.name, "default", "Human-readable name for this member.");
  set.add("data-dir", f.data_dir, "", "Path to the data directory (default: ${name}.etcd).");
  set.add("wal-dir", f.wal_dir, "", "Path to the dedicated wal directory.");
  set.add("snapshot-count", f.snapshot_count, uint64_t{100000},
          "Number of committed transactions to trigger a snapshot to disk.");
  set.add("heartbeat-interval", f.heartbeat_interval, uint64_t{100},
          "Time (in milliseconds) of a heartbeat interval.");
  set.add("election-timeout", f.election_timeout, uint64_t{1000},
          "Time (in milliseconds) for an election to timeout.");
  set.add("initial-election-tick-advance", f.initial_election_tick_advance, true,
          "Whether to fast-forward initial election ticks on boot for faster election.");
  set.add("listen-peer-urls", f.listen_peer_urls, "http://localhost:2380",
          "List of URLs to listen on for peer traffic.");
  set.add("listen-client-urls", f.listen_client_urls, "http://localhost:2379",
          "List of URLs to listen on for client traffic.");
  set.add("max-snapshots", f.max_snapshots, uint64_t{5},
          "Maximum number of snapshot files to retain (0 is unlimited).");
  set.add("max-wals", f.max_wals, uint64_t{5},
          "Maximum number of wal files to retain (0 is unlimited).");
  set.add("quota-backend-bytes", f.quota_backend_bytes, int64_t{0},
          "Raise alarms when backend size exceeds the given quota (0 is 2 GiB).");
  set.add("backend-batch-interval", f.backend_batch_interval, Duration(0),
          "Maximum time before the backend transaction is committed (0 is 100ms).");
  set.add("backend-batch-limit", f.backend_batch_limit, uint64_t{0},
          "Maximum operations before the backend transaction is committed (0 is 10000).");
  set.add("experimental-backend-bbolt-freelist-type", f.freelist_type, "array",
          "Accepted for compatibility; the free list has one form here.");
  set.add("max-txn-ops", f.max_txn_ops, uint64_t{128},
          "Maximum number of operations permitted in a transaction.");
  set.add("max-request-bytes", f.max_request_bytes, uint64_t{1572864},
          "Maximum client request size in bytes the server will accept.");
  set.add("max-concurrent-streams", f.max_concurrent_streams, uint64_t{0xFFFFFFFF},
          "Maximum number of concurrent streams a client can open.");
  set.add("grpc-keepalive-min-time", f.keepalive_min_time, seconds(5),
          "Minimum duration interval that a client should wait before pinging server.");
  set.add("grpc-keepalive-interval", f.keepalive_interval, hours(2),
          "Frequency duration of server-to-client ping (0 to disable).");
  set.add("grpc-keepalive-timeout", f.keepalive_timeout, seconds(20),
          "Additional duration of wait before closing a non-responsive connection.");
}

void define_clustering(cli::FlagSet& set, Flags& f) {
  set.section("Clustering");
  set.add("initial-advertise-peer-urls", f.initial_advertise_peer_urls, "http://localhost:2380",
          "List of this member's peer URLs to advertise to the rest of the cluster.");
  set.add("initial-cluster", f.initial_cluster, "",
          "Initial cluster configuration for bootstrapping (default=http://localhost:2380).");
  set.add("initial-cluster-state", f.initial_cluster_state, "new",
          "Initial cluster state ('new' or 'existing').");
  set.add("initial-cluster-token", f.initial_cluster_token, "etcd-cluster",
          "Initial cluster token for the etcd cluster during bootstrap.");
  set.add("advertise-client-urls", f.advertise_client_urls, "http://localhost:2379",
          "List of this member's client URLs to advertise to the public.");
  set.add("discovery", f.discovery, "", "Discovery URL; not served by this version.");
  set.add("discovery-srv", f.discovery_srv, "", "DNS srv domain; not served by this version.");
  set.add("strict-reconfig-check", f.strict_reconfig_check, true,
          "Reject reconfiguration requests that would cause quorum loss.");
  set.add("pre-vote", f.pre_vote, false, "Enable to run an additional Raft election phase.");
  set.add("auto-compaction-retention", f.auto_compaction_retention, "0",
          "Auto compaction retention length; only 0 (off) is served by this version.");
  set.add("auto-compaction-mode", f.auto_compaction_mode, "periodic",
          "Interpret 'auto-compaction-retention' one of: periodic|revision.");
  set.add("enable-v2", f.enable_v2, false, "Accept etcd V2 client requests; not served.");
}

void define_tls(cli::FlagSet& set, TlsFiles& files, std::string prefix, std::string what) {
  set.add(prefix + "cert-file", files.cert_file, "",
          format("Path to the {} server TLS cert file.", what));
  set.add(prefix + "key-file", files.key_file, "",
          format("Path to the {} server TLS key file.", what));
  set.add(prefix + "client-cert-auth", files.client_cert_auth, false,
          format("Enable {} client cert authentication.", what));
  set.add(prefix + "trusted-ca-file", files.trusted_ca_file, "",
          format("Path to the {} server TLS trusted CA cert file.", what));
}

void define_security(cli::FlagSet& set, Flags& f) {
  set.section("Security");
  define_tls(set, f.client, "", "client");
  set.add("client-crl-file", f.client.crl_file, "",
          "Path to the client certificate revocation list file.");
  set.add("client-cert-allowed-hostname", f.client.allowed_hostname, "",
          "Allowed TLS hostname for client cert authentication.");
  define_tls(set, f.peer, "peer-", "peer");
  set.add("peer-crl-file", f.peer.crl_file, "",
          "Path to the peer certificate revocation list file.");
  set.add("peer-cert-allowed-cn", f.peer.allowed_cn, "",
          "Required CN for client certs connecting to the peer endpoint.");
  set.add("peer-cert-allowed-hostname", f.peer.allowed_hostname, "",
          "Allowed TLS hostname for inter peer authentication.");
  set.add("cipher-suites", f.cipher_suites, "",
          "Comma-separated list of supported TLS cipher suites between client/server and peers.");
  set.add("cors", f.cors, "*", "Comma-separated whitelist of origins for CORS.");
  set.add("host-whitelist", f.host_whitelist, "*",
          "Acceptable hostnames from HTTP client requests; only * is served by this version.");
  set.section("Auth");
  set.add("auth-token", f.auth_token, "simple", "Auth token type; auth is not served yet.");
}

void define_rest(cli::FlagSet& set, Flags& f) {
  set.section("Profiling and Monitoring");
  set.add("enable-pprof", f.enable_pprof, false, "Runtime profiling; not served by this version.");
  set.add("metrics", f.metrics, "basic", "Level of detail: 'basic' or 'extensive'.");
  set.add("listen-metrics-urls", f.listen_metrics_urls, "",
          "List of URLs to listen on for the metrics and health endpoints.");
  set.add("enable-grpc-gateway", f.enable_grpc_gateway, true,
          "Enable GRPC gateway; not served by this version.");
  set.section("Logging");
  set.add("logger", f.logger, "zap", "Accepted for compatibility: 'zap' or 'capnslog'.");
  set.add("log-outputs", f.log_outputs, "default",
          "'stdout', 'stderr', 'default' or files, comma-separated.");
  set.add("log-level", f.log_level, "info", "debug, info, warn, error, panic or fatal.");
  set.add("debug", f.debug, false, "Same as --log-level=debug.");
  set.section("Unsafe feature");
  set.add("force-new-cluster", f.force_new_cluster, false,
          "Force to create a new one-member cluster; not served by this version.");
  set.section("Other");
  set.add("config-file", f.config_file, "", "Path to the server configuration file.");
  set.add("version", f.version, false, "Print the version and exit.");
}

// Scalars as a flag would be written; lists joined by commas.
std::string flag_text(const json::Value& value) {
  if (const std::string* text = value.as_string()) return *text;
  if (const json::Array* array = value.as_array()) {
    std::vector<std::string> parts;
    for (const json::Value& item : *array) parts.push_back(flag_text(item));
    return join(parts, ",");
  }
  return value.is_null() ? "" : json::to_text(value);
}

// Durations are nanoseconds in the file.
std::string file_text(std::string_view name, const json::Value& value) {
  const bool is_duration = name == "backend-batch-interval" || name.starts_with("grpc-keepalive");
  if (is_duration && value.as_int()) return to_go_duration(Duration(*value.as_int()));
  return flag_text(value);
}

Result<void> apply_block(cli::FlagSet& set, std::string_view prefix, const json::Value& block) {
  const json::Object* object = block.as_object();
  if (object == nullptr) return {};
  for (const auto& [name, value] : *object) {
    std::string flag = format("{}{}", prefix, name);
    if (name == "allowed-cn") flag = format("{}cert-allowed-cn", prefix);
    if (name == "allowed-hostname") {
      flag = prefix.empty() ? "client-cert-allowed-hostname" : "peer-cert-allowed-hostname";
    }
    if (set.has(flag)) TRY(set.set(flag, flag_text(value)));
  }
  return {};
}

}  // namespace

void define(cli::FlagSet& set, Flags& flags) {
  define_member(set, flags);
  define_clustering(set, flags);
  define_security(set, flags);
  define_rest(set, flags);
}

Result<void> apply_file(cli::FlagSet& set, Flags&, std::string_view text) {
  const json::Value value = TRY(yaml::parse(text));
  if (value.is_null()) return {};
  const json::Object* object = value.as_object();
  if (object == nullptr) {
    return fail(Code::kInvalidArgument, "the configuration file is not a mapping");
  }
  for (const auto& [name, item] : *object) {
    if (name == "client-transport-security") {
      TRY(apply_block(set, "", item));
    } else if (name == "peer-transport-security") {
      TRY(apply_block(set, "peer-", item));
    } else if (set.has(name)) {
      TRY_CONTEXT(set.set(name, file_text(name, item)), format("key \"{}\"", name));
    }
  }
  return {};
}

}  // namespace argosy::etcd::config
