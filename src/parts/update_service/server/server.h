// The update service's HTTP side: Omaha's endpoint, health, metrics, and what others mount
// beside them (the operators' API and page, hosted payloads). The loop's thread; the
// database's work is done at the Desk.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/http/server.h"
#include "io/tls/tls.h"
#include "parts/update_service/answer/answer.h"
#include "parts/update_service/server/service_metrics.h"
#include "parts/update_service/store/desk.h"

namespace argosy::update_service {

// All paths that begin with the prefix; the longest prefix wins. "/" takes what is left.
struct Mount {
  std::string prefix;
  HttpHandler handler;
};

struct ServerOptions {
  // Addresses that all serve the same; with a certificate, over TLS.
  std::vector<std::string> listen{"0.0.0.0:8000"};
  TlsOptions tls;  // cert_file empty: plain HTTP
  // Before the URLs of payloads that we host; empty: as the client has reached us.
  std::string public_url;
  // "/v1/update/SECRET" is the endpoint then, and any other answers 501.
  std::string endpoint_suffix;
  bool trusts_forwarded_for = false;  // a proxy in front says who asks
  bool logs_requests = false;
  AnswerOptions answer;
  std::vector<Mount> mounts;
  std::vector<OutsideCounter> counters;  // at /metrics, of what is mounted
  // Machines that were not seen for so long are dropped with their history; 0: never.
  Duration forget_after = hours(24 * 90);
  // What happened to machines is kept for so long; 0: for ever.
  Duration keep_history = hours(24 * 180);
  Duration metrics_interval = seconds(15);
};

class Server {
 public:
  // All outlive it.
  Server(Loop& loop, Network& network, const Clock& clock, Desk& desk, Disk& disk,
         ServerOptions options);
  ~Server();

  // Puts the defaults into a new database, then listens.
  Task<void> start();
  // The first address's.
  uint16_t port() const;
  // Takes no more connections and lets those that are there finish, for at most ten seconds.
  Task<void> stop();

 private:
  Task<void> serve(Exchange& exchange);
  Task<void> route(Exchange& exchange);
  Task<void> serve_update(Exchange& exchange);
  Task<void> answer(Exchange& exchange, omaha::Request request);
  Task<void> serve_health(Exchange& exchange);
  Task<void> take_secure(std::unique_ptr<Stream> stream);
  Task<void> keep_house();
  Task<void> count_fleet();
  void take(std::unique_ptr<Stream> stream);
  Origin origin_of(const Exchange& exchange) const;

  Loop& loop_;
  Network& network_;
  const Clock& clock_;
  Desk& desk_;
  ServerOptions options_;
  // The writer's thread uses it, also after we are gone.
  std::shared_ptr<Answerer> answerer_;
  ServiceMetrics metrics_;
  std::unique_ptr<TlsContext> tls_;
  std::unique_ptr<HttpServer> http_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  Scope scope_;
};

}  // namespace argosy::update_service
