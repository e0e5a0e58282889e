#include "parts/etcd/config/config.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "base/text.h"
#include "parts/etcd/config/flags.h"
#include "sys/file/disk.h"
#include "sys/log/log.h"

namespace argosy::etcd::config {
namespace {

Error bad(std::string text) {
  return Error(Code::kInvalidArgument, std::move(text));
}

// Flags whose values have a form that the flag itself demands.
constexpr std::array<std::string_view, 5> kUrlFlags = {
    "listen-peer-urls", "listen-client-urls", "listen-metrics-urls", "initial-advertise-peer-urls",
    "advertise-client-urls"};

Result<std::vector<peer::Url>> parse_urls(std::string_view flag,
                                          const std::vector<std::string>& texts) {
  std::vector<peer::Url> urls;
  for (const std::string& text : texts) {
    urls.push_back(
        TRY_CONTEXT(peer::parse_url(text), format("unexpected error setting up {}", flag)));
  }
  return urls;
}

Result<void> check_form(std::string_view flag, std::string_view value) {
  if (flag == "initial-cluster-state" && value != "new" && value != "existing") {
    return fail(bad("invalid value"));
  }
  if (std::ranges::find(kUrlFlags, flag) == kUrlFlags.end()) return {};
  for (const std::string_view url : split(value, ',')) {
    if (!trim(url).empty()) TRY(peer::parse_url(url));
  }
  return {};
}

// Why, of "invalid value "x" for flag -name: why".
std::string reason_of(const Error& error, std::string_view flag) {
  const std::string mark = format("-{}: ", flag);
  const auto sides = cut(error.message(), mark);
  return std::string(sides ? sides->second : std::string_view(error.message()));
}

Result<void> check_forms(const cli::FlagSet& set, const Flags& flags) {
  const std::pair<std::string_view, std::string> values[] = {
      {"listen-peer-urls", join(flags.listen_peer_urls, ",")},
      {"listen-client-urls", join(flags.listen_client_urls, ",")},
      {"listen-metrics-urls", join(flags.listen_metrics_urls, ",")},
      {"initial-advertise-peer-urls", join(flags.initial_advertise_peer_urls, ",")},
      {"advertise-client-urls", join(flags.advertise_client_urls, ",")},
      {"initial-cluster-state", flags.initial_cluster_state},
  };
  for (const auto& [flag, value] : values) {
    if (!set.was_given(flag)) continue;
    if (const auto good = check_form(flag, value); !good) {
      return fail(bad(format("invalid value {} for flag -{}: {}", go_quote(value), flag,
                             good.error().message())));
    }
  }
  return {};
}

bool is_ip_address(std::string_view host) {
  if (host.contains(':')) return true;  // only an IPv6 address was let through with it
  const auto parts = split(host, '.');
  return parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) {
           const auto number = parse_uint(part);
           return number && *number <= 255;
         });
}

// A name in place of an address could mean another one at the next start.
Result<void> check_bindable(const std::vector<peer::Url>& urls) {
  for (const peer::Url& url : urls) {
    if (url.endpoint.is_unix() || url.endpoint.host == "localhost") continue;
    if (!is_ip_address(url.endpoint.host)) {
      return fail(bad(format("expected IP in URL for binding ({})", url.text)));
    }
  }
  return {};
}

// What this version cannot do must not look as if it did.
Result<void> refuse_unserved(const Flags& flags) {
  const auto refuse = [](std::string_view flag) {
    return fail(bad(format("--{} is not served by this version; leave it out", flag)));
  };
  if (!flags.discovery.empty()) return refuse("discovery");
  if (!flags.discovery_srv.empty()) return refuse("discovery-srv");
  if (flags.auto_compaction_retention != "0") return refuse("auto-compaction-retention");
  if (flags.enable_v2) return refuse("enable-v2");
  if (flags.enable_pprof) return refuse("enable-pprof");
  if (flags.force_new_cluster) return refuse("force-new-cluster");
  if (flags.host_whitelist != std::vector<std::string>{"*"}) return refuse("host-whitelist");
  return {};
}

Result<void> check_values(const cli::FlagSet& set, const Flags& flags) {
  if (flags.initial_cluster_state != "new" && flags.initial_cluster_state != "existing") {
    return fail(bad(format("unexpected clusterState {}", go_quote(flags.initial_cluster_state))));
  }
  if (!flags.debug) TRY(parse_log_level(flags.log_level));
  if (flags.auto_compaction_mode != "periodic" && flags.auto_compaction_mode != "revision") {
    return fail(
        bad(format("unknown auto-compaction-mode {}", go_quote(flags.auto_compaction_mode))));
  }
  if (flags.heartbeat_interval == 0) {
    return fail(bad("--heartbeat-interval must be >0 (set to 0ms)"));
  }
  if (flags.election_timeout == 0) return fail(bad("--election-timeout must be >0 (set to 0ms)"));
  if (5 * flags.heartbeat_interval > flags.election_timeout) {
    return fail(
        bad(format("--election-timeout[{}ms] should be at least as 5 times as "
                   "--heartbeat-interval[{}ms]",
                   flags.election_timeout, flags.heartbeat_interval)));
  }
  if (flags.election_timeout > 50000) {
    return fail(
        bad(format("--election-timeout[{}ms] is too long, and should be set less than "
                   "50000ms",
                   flags.election_timeout)));
  }
  if (set.was_given("listen-client-urls") && !set.was_given("advertise-client-urls") &&
      flags.config_file.empty() && !flags.listen_client_urls.empty()) {
    return fail(
        bad("--advertise-client-urls is required when --listen-client-urls is set "
            "explicitly"));
  }
  return refuse_unserved(flags);
}

std::string default_cluster(const Flags& flags) {
  std::vector<std::string> pairs;
  for (const std::string& url : flags.initial_advertise_peer_urls) {
    pairs.push_back(format("{}={}", flags.name, url));
  }
  return join(pairs, ",");
}

Result<Config> understand(const cli::FlagSet& set, const Flags& flags) {
  Config config;
  config.listen_client_urls = TRY(parse_urls("listen-client-urls", flags.listen_client_urls));
  config.listen_peer_urls = TRY(parse_urls("listen-peer-urls", flags.listen_peer_urls));
  config.listen_metrics_urls = TRY(parse_urls("listen-metrics-urls", flags.listen_metrics_urls));
  TRY(parse_urls("initial-advertise-peer-urls", flags.initial_advertise_peer_urls));
  TRY(parse_urls("advertise-client-urls", flags.advertise_client_urls));
  TRY(check_bindable(config.listen_peer_urls));
  TRY(check_bindable(config.listen_client_urls));
  TRY(check_bindable(config.listen_metrics_urls));
  TRY(check_values(set, flags));
  member::Options& member = config.member;
  member.name = flags.name;
  member.data_dir = flags.data_dir.empty() ? flags.name + ".etcd" : flags.data_dir;
  member.wal_dir = flags.wal_dir;
  member.advertised_peer_urls = flags.initial_advertise_peer_urls;
  member.advertised_client_urls = flags.advertise_client_urls;
  member.initial_cluster =
      flags.initial_cluster.empty() ? default_cluster(flags) : flags.initial_cluster;
  member.initial_cluster_token = flags.initial_cluster_token;
  member.is_new_cluster = flags.initial_cluster_state == "new";
  member.tick = milliseconds(flags.heartbeat_interval);
  member.election_ticks = static_cast<uint32_t>(flags.election_timeout / flags.heartbeat_interval);
  member.advance_first_election = flags.initial_election_tick_advance;
  member.pre_vote = flags.pre_vote;
  member.snapshot_count = flags.snapshot_count == 0 ? 100000 : flags.snapshot_count;
  member.max_snap_files = flags.max_snapshots;
  member.max_wal_files = flags.max_wals;
  member.quota_bytes = flags.quota_backend_bytes;
  if (flags.backend_batch_interval > Duration(0)) {
    member.batch_interval = flags.backend_batch_interval;
  }
  if (flags.backend_batch_limit > 0) member.batch_limit = flags.backend_batch_limit;
  member.max_request_bytes = flags.max_request_bytes;
  member.max_txn_ops = static_cast<int>(flags.max_txn_ops);
  member.strict_reconfig_check = flags.strict_reconfig_check;
  config.client_tls = flags.client;
  config.peer_tls = flags.peer;
  config.cipher_suites = flags.cipher_suites;
  config.max_concurrent_streams = flags.max_concurrent_streams;
  config.keepalive_min_time = flags.keepalive_min_time;
  config.keepalive_interval = flags.keepalive_interval;
  config.keepalive_timeout = flags.keepalive_timeout;
  config.log_level = flags.debug ? "debug" : flags.log_level;
  config.log_outputs = flags.log_outputs;
  config.extensive_metrics = flags.metrics == "extensive";
  config.cors = flags.cors;
  return config;
}

Result<void> apply_environment(cli::FlagSet& set, const Environment& environment,
                               std::vector<std::string>& warnings) {
  std::set<std::string> known;
  for (const std::string& flag : set.names()) {
    const std::string name = cli::environment_name("ETCD", flag);
    known.insert(name);
    const auto it = environment.find(name);
    if (it == environment.end() || it->second.empty()) continue;
    if (set.was_given(flag)) {
      return fail(
          bad(format("conflicting environment variable {} is shadowed by corresponding "
                     "command-line flag (either unset environment variable or disable "
                     "flag)",
                     go_quote(name))));
    }
    auto done = set.set(flag, it->second);
    if (done) done = check_form(flag, it->second);
    if (!done) {
      return fail(bad(format("invalid value {} for {}: {}", go_quote(it->second), name,
                             reason_of(done.error(), flag))));
    }
  }
  for (const auto& [name, value] : environment) {
    if (name.starts_with("ETCD_") && !known.contains(name)) {
      warnings.push_back(format("unrecognized environment variable {}={}", name, value));
    }
  }
  return {};
}

}  // namespace

Result<Parsed> parse(const std::vector<std::string>& arguments, const Environment& environment) {
  Parsed parsed;
  Flags flags;
  cli::FlagSet set("etcd");
  define(set, flags);
  parsed.help = set.usage();
  auto left = set.parse(arguments);
  if (!left) {
    if (left.error().code() == Code::kAborted) {
      parsed.action = Parsed::Action::kPrintHelp;
      return parsed;
    }
    return fail(std::move(left).error().context("flags"));
  }
  if (!left->empty()) {
    return fail(bad(format("'{}' is not a valid flag", left->front())));
  }
  TRY_CONTEXT(check_forms(set, flags), "flags");
  if (flags.version) {
    parsed.action = Parsed::Action::kPrintVersion;
    return parsed;
  }
  std::vector<std::string> warnings;
  const auto file_variable = environment.find("ETCD_CONFIG_FILE");
  if (flags.config_file.empty() && file_variable != environment.end()) {
    flags.config_file = file_variable->second;
  }
  if (!flags.config_file.empty()) {
    const Bytes text = TRY(read_file(real_disk(), flags.config_file, 1 << 20));
    // With a file, the file alone counts.
    Flags fresh;
    cli::FlagSet from_file("etcd");
    define(from_file, fresh);
    TRY_CONTEXT(apply_file(from_file, fresh, text), flags.config_file);
    fresh.config_file = flags.config_file;
    parsed.config = TRY(understand(from_file, fresh));
    return parsed;
  }
  TRY(apply_environment(set, environment, warnings));
  parsed.config = TRY(understand(set, flags));
  parsed.config.warnings = std::move(warnings);
  return parsed;
}

}  // namespace argosy::etcd::config
