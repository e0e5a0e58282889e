// A server's metrics under the original's names (3.4.23), for its dashboards and alert
// rules. What the original measures of things that we do not have (Go's runtime, the
// v2 store, a proxy) is left out.
#pragma once

#include "io/grpc/server.h"
#include "io/metrics/metrics.h"
#include "parts/etcd/member/member.h"

namespace argosy::etcd::server {

class ServerMetrics final : private grpc::Observer {
 public:
  // Both outlive it. Begins to observe at once; `grpc` has all its methods already.
  ServerMetrics(member::Member& member, grpc::Server& grpc);
  ~ServerMetrics() override;

  std::string page() { return metrics_.page(); }
  void count_health(bool ok) { (ok ? health_successes_ : health_failures_)->add(); }

 private:
  void on_started(uint32_t id) override;
  void on_received(uint32_t id) override;
  void on_sent(uint32_t id) override;
  void on_handled(uint32_t id, Code code, Duration took) override;
  void on_bytes(size_t received, size_t sent) override;

  void add_disk();
  void add_mvcc();
  void add_leases();
  void add_member();
  void add_network();
  void add_process();
  void update_peers();

  struct Method {
    std::string service;
    std::string name;
    std::string type;  // "unary", "bidi_stream", ...
    Counter* started = nullptr;
    Counter* received = nullptr;
    Counter* sent = nullptr;
    Counter* handled[17] = {};  // by code, made when first needed
  };

  member::Member& member_;
  grpc::Server& grpc_;
  Metrics metrics_;
  std::vector<Method> methods_;
  Counter* received_bytes_ = nullptr;
  Counter* sent_bytes_ = nullptr;
  Counter* health_successes_ = nullptr;
  Counter* health_failures_ = nullptr;
};

}  // namespace argosy::etcd::server
