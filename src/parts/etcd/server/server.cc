#include "parts/etcd/server/server.h"

#include "base/bytes.h"
#include "base/format.h"
#include "parts/etcd/rpc/services.h"
#include "parts/etcd/server/endpoints.h"
#include "parts/etcd/server/join.h"
#include "sys/log/log.h"

namespace argosy::etcd::server {
namespace {

constexpr Duration kDrainTimeout = seconds(5);
constexpr Duration kHandshakeTimeout = seconds(10);

TlsOptions tls_options(const config::TlsFiles& files, const std::vector<std::string>& suites,
                       bool is_server, std::vector<std::string> alpn) {
  TlsOptions options;
  options.cert_file = files.cert_file;
  options.key_file = files.key_file;
  options.ca_file = files.trusted_ca_file;
  options.crl_file = is_server ? files.crl_file : "";
  options.verify_peer = is_server ? files.client_cert_auth || !files.trusted_ca_file.empty() : true;
  options.cipher_suites = suites;
  options.alpn = std::move(alpn);
  if (is_server && !files.allowed_cn.empty()) options.allowed_cns = {files.allowed_cn};
  if (is_server && !files.allowed_hostname.empty()) {
    options.allowed_hostnames = {files.allowed_hostname};
  }
  return options;
}

// So that what is missing is named by its path.
Result<void> check_readable(const config::TlsFiles& files) {
  for (const std::string* path :
       {&files.cert_file, &files.key_file, &files.trusted_ca_file, &files.crl_file}) {
    if (!path->empty()) TRY(real_disk().open(*path, {}));
  }
  return {};
}

Result<void> check_has_certificate(const std::vector<peer::Url>& urls,
                                   const config::TlsFiles& files, std::string_view flags,
                                   std::string_view whose) {
  if (!files.cert_file.empty() && !files.key_file.empty()) return {};
  for (const peer::Url& url : urls) {
    if (!url.is_secure) continue;
    return fail(Code::kInvalidArgument,
                format("TLS key/cert ({}) must be provided for {} url {} with HTTPS scheme", flags,
                       whose, url.text));
  }
  return {};
}

}  // namespace

struct Server::Port {
  peer::Url url;
  Audience audience;
  std::unique_ptr<Listener> listener;
};

Server::Server(UvLoop& loop, config::Config config)
    : loop_(loop), config_(std::move(config)), scope_(loop) {}

Server::~Server() = default;

Result<void> Server::make_tls() {
  TRY(check_has_certificate(config_.listen_peer_urls, config_.peer_tls,
                            "--peer-cert-file, --peer-key-file", "peer"));
  TRY(check_has_certificate(config_.listen_client_urls, config_.client_tls,
                            "--cert-file, --key-file", "client"));
  TRY(check_readable(config_.client_tls));
  TRY(check_readable(config_.peer_tls));
  if (!config_.client_tls.cert_file.empty()) {
    client_tls_ = TRY_CONTEXT(
        TlsContext::make(
            true, tls_options(config_.client_tls, config_.cipher_suites, true, {"h2", "http/1.1"})),
        "client TLS");
  }
  if (!config_.peer_tls.cert_file.empty()) {
    peer_server_tls_ = TRY_CONTEXT(
        TlsContext::make(true,
                         tls_options(config_.peer_tls, config_.cipher_suites, true, {"http/1.1"})),
        "peer TLS");
    peer_client_tls_ = TRY_CONTEXT(
        TlsContext::make(false,
                         tls_options(config_.peer_tls, config_.cipher_suites, false, {"http/1.1"})),
        "peer TLS");
  }
  return {};
}

Task<member::Booted> Server::boot() {
  const member::Options& options = config_.member;
  if (member::has_log(real_disk(), options)) {
    log_info("restarting local member", {{"data-dir", options.data_dir}});
    co_return member::boot_again(real_disk(), real_clock(), options);
  }
  member::Identity identity;
  if (options.is_new_cluster) {
    identity = co_await member::identity_of_new_cluster(options);
  } else {
    identity =
        co_await identity_from_peers(loop_, loop_.network(), peer_client_tls_.get(), options);
  }
  log_info("starting local member", {{"local-member-id", to_hex(identity.member_id)},
                                     {"cluster-id", to_hex(identity.cluster_id)}});
  co_return member::boot_new(real_disk(), real_clock(), options, identity);
}

// All ports are taken before the data directory is touched; what connects early waits in
// the kernel's queue.
Task<void> Server::start() {
  co_await make_tls();
  for (const peer::Url& url : config_.listen_peer_urls) {
    co_await open_port(url, Audience::kPeers);
  }
  for (const peer::Url& url : config_.listen_client_urls) {
    co_await open_port(url, Audience::kClients);
  }
  for (const peer::Url& url : config_.listen_metrics_urls) {
    co_await open_port(url, Audience::kMonitors);
  }
  member::Booted booted = co_await boot();
  const member::MemberParts parts{loop_,        loop_.network(), real_disk(),
                                  real_clock(), real_random(),   peer_client_tls_.get()};
  member_ = co_await member::Member::create(parts, config_.member, std::move(booted));
  grpc_ = std::make_unique<grpc::Server>(
      loop_, grpc::Limits{config_.member.max_request_bytes + rpc::kReceiveOverhead});
  rpc::add_kv(*grpc_, *member_);
  rpc::add_watch(*grpc_, *member_, real_random());
  rpc::add_lease(*grpc_, *member_);
  rpc::add_cluster(*grpc_, *member_);
  rpc::add_maintenance(*grpc_, *member_);
  rpc::add_health(*grpc_);
  metrics_ = std::make_unique<ServerMetrics>(*member_, *grpc_);
  make_http_servers();
  begin_accepting(Audience::kPeers);
  member_->start();
  begin_accepting(Audience::kMonitors);
  co_await member_->ready();
  begin_accepting(Audience::kClients);
  log_info("ready to serve client requests");
}

void Server::make_http_servers() {
  HttpServerOptions peer_options;
  peer_options.handler = [this](Exchange& exchange) { return handle_peer(exchange); };
  peer_http_ = std::make_unique<HttpServer>(loop_, std::move(peer_options));
  HttpServerOptions monitor_options;
  monitor_options.handler = [this](Exchange& exchange) { return handle_monitor(exchange); };
  monitor_http_ = std::make_unique<HttpServer>(loop_, std::move(monitor_options));
  HttpServerOptions client_options;
  client_options.h2.max_concurrent_streams =
      static_cast<uint32_t>(std::min<uint64_t>(config_.max_concurrent_streams, 0x7FFFFFFF));
  client_options.h2.min_ping_interval = config_.keepalive_min_time;
  client_options.h2.ping_after_idle = config_.keepalive_interval;
  client_options.h2.ping_timeout = config_.keepalive_timeout;
  client_options.handler = [this](Exchange& exchange) { return handle_client(exchange); };
  client_options.take_h2 = [this](H2Stream& stream) -> std::unique_ptr<H2Stream::Handler> {
    if (!grpc::Server::is_grpc(stream)) return nullptr;
    return grpc_->accept(stream);
  };
  client_http_ = std::make_unique<HttpServer>(loop_, std::move(client_options));
}

void Server::remove_stale_socket(const peer::Url& url) {
  if (!url.endpoint.is_unix()) return;
  const auto removed = real_disk().remove(url.endpoint.unix_path);
  (void)removed;  // missing is what we want
}

TlsContext* Server::tls_for(Audience audience) const {
  return audience == Audience::kPeers ? peer_server_tls_.get() : client_tls_.get();
}

HttpServer& Server::http_for(Audience audience) const {
  switch (audience) {
    case Audience::kPeers:
      return *peer_http_;
    case Audience::kClients:
      return *client_http_;
    case Audience::kMonitors:
      break;
  }
  return *monitor_http_;
}

Result<void> Server::open_port(const peer::Url& url, Audience audience) {
  if (url.is_secure && tls_for(audience) == nullptr) {
    return fail(Code::kInvalidArgument,
                format("TLS key/cert must be provided for the url {} with HTTPS scheme", url.text));
  }
  remove_stale_socket(url);
  Port& port = ports_.emplace_back();
  port.url = url;
  port.audience = audience;
  port.listener =
      TRY(loop_.network().listen(url.endpoint, [this, &port](std::unique_ptr<Stream> stream) {
        accept(port, std::move(stream));
      }));
  port.listener->pause_accepting(true);
  return {};
}

void Server::begin_accepting(Audience audience) {
  for (Port& port : ports_) {
    if (port.audience != audience) continue;
    log_info(audience == Audience::kPeers      ? "serving peer traffic"
             : audience == Audience::kMonitors ? "serving metrics"
                                               : "serving client traffic",
             {{"address", port.url.text}});
    port.listener->pause_accepting(false);
  }
}

void Server::accept(Port& port, std::unique_ptr<Stream> stream) {
  if (port.url.is_secure) return scope_.spawn(secure(port, std::move(stream)));
  http_for(port.audience).serve(std::move(stream));
}

Task<void> Server::secure(Port& port, std::unique_ptr<Stream> stream) {
  TlsContext& tls = *tls_for(port.audience);
  const std::string peer = stream->peer_address();
  auto secured = co_await with_deadline(loop_, loop_.now() + kHandshakeTimeout,
                                        tls.handshake(loop_, std::move(stream), ""));
  if (!secured) {
    log_warn("rejected connection", {{"remote-addr", peer}, {"error", secured.error()}});
    co_return;
  }
  http_for(port.audience).serve(*std::move(secured));
}

Task<void> Server::handle_client(Exchange& exchange) {
  const std::string_view path = exchange.head().path();
  allow_origin(exchange, config_.cors);
  if (exchange.head().method == "OPTIONS") co_return exchange.respond(200, "", "");
  if (path == "/version") {
    co_await handle_version(exchange, *member_);
  } else {
    co_await handle_monitor(exchange);
  }
}

Task<void> Server::handle_monitor(Exchange& exchange) {
  const std::string_view path = exchange.head().path();
  if (path == "/health") {
    metrics_->count_health(co_await handle_health(exchange, *member_));
  } else if (path == "/metrics") {
    exchange.respond(200, Metrics::kContentType, metrics_->page());
  } else {
    answer_not_found(exchange);
  }
}

Task<void> Server::handle_peer(Exchange& exchange) {
  const std::string_view path = exchange.head().path();
  if (path == "/version") {
    co_await handle_version(exchange, *member_);
  } else if (member::Member::serves_peer_path(path)) {
    co_await member_->handle_peer(exchange);
  } else {
    answer_not_found(exchange);
  }
}

Task<void> Server::stop() {
  for (auto it = ports_.begin(); it != ports_.end();) {
    it = it->audience == Audience::kPeers ? std::next(it) : ports_.erase(it);
  }
  if (member_) co_await member_->stop();
  if (client_http_) {
    const auto drained =
        co_await with_deadline(loop_, loop_.now() + kDrainTimeout, client_http_->drain());
    if (!drained) log_info("closing connections that clients keep open");
  }
  for (const peer::Url& url : config_.listen_client_urls) remove_stale_socket(url);
  for (const peer::Url& url : config_.listen_peer_urls) remove_stale_socket(url);
}

}  // namespace argosy::etcd::server
