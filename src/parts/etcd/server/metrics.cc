#include "parts/etcd/server/metrics.h"

#include "base/bytes.h"
#include "base/text.h"
#include "sys/process/usage.h"

namespace argosy::etcd::server {
namespace {

std::string_view kind_name(grpc::CallKind kind) {
  switch (kind) {
    case grpc::CallKind::kUnary:
      return "unary";
    case grpc::CallKind::kClientStream:
      return "client_stream";
    case grpc::CallKind::kServerStream:
      return "server_stream";
    case grpc::CallKind::kBidiStream:
      return "bidi_stream";
  }
  return "unary";
}

double to_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

ServerMetrics::ServerMetrics(member::Member& member, grpc::Server& grpc)
    : member_(member), grpc_(grpc) {
  add_disk();
  add_mvcc();
  add_leases();
  add_member();
  add_network();
  add_process();
  metrics_.on_scrape([this] { update_peers(); });
  grpc_.set_observer(this);
}

ServerMetrics::~ServerMetrics() {
  grpc_.set_observer(nullptr);
  member_.counters().on_wal_fsync = nullptr;
  member_.counters().on_backend_commit = nullptr;
  member_.counters().on_round_trip = nullptr;
}

void ServerMetrics::add_disk() {
  Histogram& fsync =
      metrics_.histogram("etcd_disk_wal_fsync_duration_seconds",
                         "How long the write-ahead log took to write and sync a batch.",
                         exponential_buckets(0.001, 2, 14));
  member_.counters().on_wal_fsync = [&fsync](Duration took) { fsync.observe(to_seconds(took)); };
  Histogram& commit = metrics_.histogram("etcd_disk_backend_commit_duration_seconds",
                                         "How long the database took to commit a batch.",
                                         exponential_buckets(0.001, 2, 14));
  member_.counters().on_backend_commit = [&commit](Duration took) {
    commit.observe(to_seconds(took));
  };
  metrics_.gauge_by("etcd_disk_wal_write_bytes_total", "Bytes written to the write-ahead log.", {},
                    [this] { return static_cast<double>(member_.counters().wal_bytes); });
}

void ServerMetrics::add_mvcc() {
  const auto gauge = [this](const char* name, const char* help, auto read) {
    metrics_.gauge_by(name, help, {}, [this, read] { return static_cast<double>(read(member_)); });
  };
  const auto counter = [this](const char* name, const char* help, auto read) {
    metrics_.counter_by(name, help, {},
                        [this, read] { return static_cast<double>(read(member_)); });
  };
  using member::Member;
  for (const char* name :
       {"etcd_mvcc_db_total_size_in_bytes", "etcd_debugging_mvcc_db_total_size_in_bytes"}) {
    gauge(name, "Bytes of the database.", [](Member& m) { return m.backend().size(); });
  }
  gauge("etcd_mvcc_db_total_size_in_use_in_bytes", "Bytes of the database without free pages.",
        [](Member& m) { return m.backend().size_in_use(); });
  gauge("etcd_debugging_mvcc_keys_total", "Keys that exist now.",
        [](Member& m) { return m.state().store().key_count(); });
  gauge("etcd_debugging_mvcc_current_revision", "The store's revision.",
        [](Member& m) { return m.state().store().revision(); });
  gauge("etcd_debugging_mvcc_compact_revision", "The revision of the last compaction.",
        [](Member& m) { return std::max<int64_t>(0, m.state().store().compact_revision()); });
  gauge("etcd_debugging_mvcc_watch_stream_total", "Watch streams that are open.",
        [](Member& m) { return m.state().watches().stream_count(); });
  gauge("etcd_debugging_mvcc_watcher_total", "Watchers.",
        [](Member& m) { return m.state().watches().watcher_count(); });
  gauge("etcd_debugging_mvcc_slow_watcher_total", "Watchers that are behind.",
        [](Member& m) { return m.state().watches().slow_watcher_count(); });
  for (const std::string prefix : {"etcd_mvcc_", "etcd_debugging_mvcc_"}) {
    counter((prefix + "put_total").c_str(), "Puts applied.",
            [](Member& m) { return m.state().totals().puts; });
    counter((prefix + "delete_total").c_str(), "Deletes applied.",
            [](Member& m) { return m.state().totals().deletes; });
    counter((prefix + "txn_total").c_str(), "Transactions applied.",
            [](Member& m) { return m.state().totals().txns; });
    counter((prefix + "range_total").c_str(), "Ranges answered.",
            [](Member& m) { return m.counters().ranges; });
  }
}

void ServerMetrics::add_leases() {
  const auto counter = [this](const char* name, const char* help, auto read) {
    metrics_.counter_by(name, help, {},
                        [this, read] { return static_cast<double>(read(member_)); });
  };
  using member::Member;
  counter("etcd_debugging_lease_granted_total", "Leases granted.",
          [](Member& m) { return m.state().totals().leases_granted; });
  counter("etcd_debugging_lease_revoked_total", "Leases revoked.",
          [](Member& m) { return m.state().totals().leases_revoked; });
  counter("etcd_debugging_lease_renewed_total", "Leases renewed by this leader.",
          [](Member& m) { return m.counters().leases_renewed; });
  counter("etcd_debugging_server_lease_expired_total", "Leases that ran out.",
          [](Member& m) { return m.counters().leases_expired; });
}

void ServerMetrics::add_member() {
  const auto gauge = [this](const char* name, const char* help, auto read) {
    metrics_.gauge_by(name, help, {}, [this, read] { return static_cast<double>(read(member_)); });
  };
  using member::Member;
  gauge("etcd_server_has_leader", "Whether there is a leader.",
        [](Member& m) { return m.leader() != 0; });
  gauge("etcd_server_is_leader", "Whether this member leads.",
        [](Member& m) { return m.is_leader(); });
  gauge("etcd_server_is_learner", "Whether this member is a learner.",
        [](Member& m) { return m.is_learner(); });
  gauge("etcd_server_proposals_committed_total", "The committed index.",
        [](Member& m) { return m.committed(); });
  gauge("etcd_server_proposals_applied_total", "The applied index.",
        [](Member& m) { return m.applied(); });
  gauge("etcd_server_proposals_pending", "Proposals that somebody waits for.",
        [](Member& m) { return m.waiting_proposals(); });
  gauge("etcd_server_quota_backend_bytes", "The database's quota.",
        [](Member& m) { return m.quota(); });
  const auto counter = [this](const char* name, const char* help, auto read) {
    metrics_.counter_by(name, help, {},
                        [this, read] { return static_cast<double>(read(member_)); });
  };
  counter("etcd_server_leader_changes_seen_total", "Leaders seen.",
          [](Member& m) { return m.counters().leader_changes; });
  counter("etcd_server_proposals_failed_total", "Proposals that failed.",
          [](Member& m) { return m.counters().proposals_failed; });
  counter("etcd_server_read_indexes_failed_total", "Read requests that raft dropped.",
          [](Member& m) { return m.counters().read_indexes_failed; });
  metrics_.gauge("etcd_server_id", "1 for the member's id.", {{"server_id", to_hex(member_.id())}})
      .set(1);
  metrics_
      .gauge("etcd_server_version", "1 for the server's version.",
             {{"server_version", std::string(member::kServerVersion)}})
      .set(1);
  health_successes_ = &metrics_.counter("etcd_server_health_success", "Health checks passed.");
  health_failures_ = &metrics_.counter("etcd_server_health_failures", "Health checks failed.");
}

void ServerMetrics::add_network() {
  received_bytes_ = &metrics_.counter("etcd_network_client_grpc_received_bytes_total",
                                      "Bytes received from gRPC clients.");
  sent_bytes_ =
      &metrics_.counter("etcd_network_client_grpc_sent_bytes_total", "Bytes sent to gRPC clients.");
  member_.counters().on_round_trip = [this](uint64_t id, Duration took) {
    metrics_
        .histogram("etcd_network_peer_round_trip_time_seconds", "How long a probe of a peer took.",
                   exponential_buckets(0.0001, 2, 16), {{"To", to_hex(id)}})
        .observe(to_seconds(took));
  };
  for (const auto& method : grpc_.methods()) {
    const auto parts = split(std::string_view(method->path).substr(1), '/');
    Method& counted = methods_.emplace_back();
    counted.service = parts[0];
    counted.name = parts[1];
    counted.type = kind_name(method->kind);
    const MetricLabels labels{{"grpc_service", counted.service},
                              {"grpc_method", counted.name},
                              {"grpc_type", counted.type}};
    counted.started = &metrics_.counter("grpc_server_started_total", "Calls begun.", labels);
    counted.received =
        &metrics_.counter("grpc_server_msg_received_total", "Messages received.", labels);
    counted.sent = &metrics_.counter("grpc_server_msg_sent_total", "Messages sent.", labels);
  }
}

void ServerMetrics::add_process() {
  metrics_.gauge_by("process_resident_memory_bytes", "Resident memory.", {},
                    [] { return static_cast<double>(process_usage().resident_bytes); });
  metrics_.gauge_by("process_virtual_memory_bytes", "Virtual memory.", {},
                    [] { return static_cast<double>(process_usage().virtual_bytes); });
  metrics_.counter_by("process_cpu_seconds_total", "User and system CPU time.", {},
                      [] { return to_seconds(process_usage().cpu); });
  metrics_.gauge_by("process_start_time_seconds", "Unix time of the start.", {},
                    [] { return process_usage().start_unix_seconds; });
  for (const char* name : {"process_open_fds", "os_fd_used"}) {
    metrics_.gauge_by(name, "Open file descriptors.", {},
                      [] { return static_cast<double>(process_usage().open_fds); });
  }
  for (const char* name : {"process_max_fds", "os_fd_limit"}) {
    metrics_.gauge_by(name, "The limit of open file descriptors.", {},
                      [] { return static_cast<double>(process_usage().max_fds); });
  }
}

void ServerMetrics::update_peers() {
  metrics_
      .gauge("etcd_cluster_version", "1 for the cluster's version.",
             {{"cluster_version", member_.cluster().version()}})
      .set(1);
  for (const raft::NodeId id : member_.transport().peer_ids()) {
    const peer::PeerCounters* counters = member_.transport().counters(id);
    if (counters == nullptr) continue;
    const std::string remote = to_hex(id.value());
    const auto bring_to = [](Counter& counter, uint64_t value) {
      counter.add(static_cast<double>(value) - counter.value());
    };
    bring_to(metrics_.counter("etcd_network_peer_sent_bytes_total", "Bytes sent to a peer.",
                              {{"To", remote}}),
             counters->sent_bytes);
    bring_to(metrics_.counter("etcd_network_peer_received_bytes_total",
                              "Bytes received from a peer.", {{"From", remote}}),
             counters->received_bytes);
    bring_to(metrics_.counter("etcd_network_peer_sent_failures_total",
                              "Messages to a peer that were dropped.", {{"To", remote}}),
             counters->sent_failures);
    metrics_
        .gauge("etcd_network_active_peers", "1 while the peer is connected.",
               {{"Local", to_hex(member_.id())}, {"Remote", remote}})
        .set(member_.transport().active_since(id) ? 1 : 0);
  }
}

void ServerMetrics::on_started(uint32_t id) {
  methods_[id].started->add();
}
void ServerMetrics::on_received(uint32_t id) {
  methods_[id].received->add();
}
void ServerMetrics::on_sent(uint32_t id) {
  methods_[id].sent->add();
}

void ServerMetrics::on_handled(uint32_t id, Code code, Duration) {
  Method& method = methods_[id];
  Counter*& counter = method.handled[static_cast<size_t>(code)];
  if (counter == nullptr) {
    counter = &metrics_.counter("grpc_server_handled_total", "Calls ended, by code.",
                                {{"grpc_service", method.service},
                                 {"grpc_method", method.name},
                                 {"grpc_type", method.type},
                                 {"grpc_code", std::string(code_name(code))}});
  }
  counter->add();
}

void ServerMetrics::on_bytes(size_t received, size_t sent) {
  if (received > 0) received_bytes_->add(static_cast<double>(received));
  if (sent > 0) sent_bytes_->add(static_cast<double>(sent));
}

}  // namespace argosy::etcd::server
