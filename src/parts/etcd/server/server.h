// A whole server in one process: the member, its listeners for clients and peers, and
// its way from start to stop. Built and driven by main on one loop.
#pragma once

#include <list>

#include "io/grpc/server.h"
#include "io/http/server.h"
#include "io/loop/uv_loop.h"
#include "parts/etcd/config/config.h"
#include "parts/etcd/member/member.h"
#include "parts/etcd/server/metrics.h"

namespace argosy::etcd::server {

class Server {
 public:
  Server(UvLoop& loop, config::Config config);
  ~Server();

  // Boots, listens and serves; returns when the member has joined its cluster and is
  // ready for clients.
  Task<void> start();
  // Stops listening, ends what clients have open, hands over leadership.
  Task<void> stop();

 private:
  enum class Audience : uint8_t { kPeers, kClients, kMonitors };
  struct Port;

  Task<member::Booted> boot();
  Result<void> make_tls();
  void make_http_servers();
  TlsContext* tls_for(Audience audience) const;
  HttpServer& http_for(Audience audience) const;
  Result<void> open_port(const peer::Url& url, Audience audience);
  void begin_accepting(Audience audience);
  void accept(Port& port, std::unique_ptr<Stream> stream);
  Task<void> secure(Port& port, std::unique_ptr<Stream> stream);
  Task<void> handle_client(Exchange& exchange);
  // Of --listen-metrics-urls: /metrics and /health.
  Task<void> handle_monitor(Exchange& exchange);
  Task<void> handle_peer(Exchange& exchange);
  void remove_stale_socket(const peer::Url& url);

  UvLoop& loop_;
  config::Config config_;
  std::unique_ptr<TlsContext> client_tls_;
  std::unique_ptr<TlsContext> peer_server_tls_;
  std::unique_ptr<TlsContext> peer_client_tls_;
  std::unique_ptr<member::Member> member_;
  std::unique_ptr<grpc::Server> grpc_;
  std::unique_ptr<ServerMetrics> metrics_;
  std::unique_ptr<HttpServer> client_http_;
  std::unique_ptr<HttpServer> peer_http_;
  std::unique_ptr<HttpServer> monitor_http_;
  std::list<Port> ports_;
  Scope scope_;
};

}  // namespace argosy::etcd::server
