#include "parts/update_service/server/server.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "lib/omaha/server.h"
#include "parts/update_service/store/catalog_store.h"
#include "parts/update_service/store/fleet_store.h"
#include "parts/update_service/store/statistics.h"
#include "sys/log/log.h"

namespace argosy::update_service {
namespace {

constexpr std::string_view kUpdatePath = "/v1/update";
constexpr std::string_view kXml = "text/xml";
constexpr Duration kHouseworkEvery = minutes(1);
constexpr Duration kDrainTime = seconds(10);

// The host of "10.0.0.1:4711" and "[::1]:4711".
std::string host_of(std::string_view peer) {
  const size_t colon = peer.rfind(':');
  if (colon == std::string_view::npos) return std::string(peer);
  std::string_view host = peer.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return std::string(host);
}

bool looks_like_address(std::string_view text) {
  return !text.empty() && text.size() <= 45 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
           c == ':';
  });
}

// A Host that may stand in a URL.
bool is_plain_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::ranges::all_of(host, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == ':' || c == '-' || c == '_' || c == '[' || c == ']';
  });
}

Result<omaha::Request> parse(const Exchange& exchange, const Bytes& body) {
  TRY(omaha::check_content_type(exchange.head().headers.value_of("content-type")));
  return omaha::parse_request(body);
}

struct Ages {
  Duration machines, history;  // 0: for ever
};

Result<void> do_housework(sql::Database& database, WallTime now, Ages ages) {
  TRY(store::retire_absent(database, now));
  TRY(store::sample(database, now));
  if (ages.machines > Duration::zero()) TRY(store::forget_absent(database, now - ages.machines));
  if (ages.history > Duration::zero()) TRY(store::forget_history(database, now - ages.history));
  return {};
}

}  // namespace

Server::Server(Loop& loop, Network& network, const Clock& clock, Desk& desk, Disk& disk,
               ServerOptions options)
    : loop_(loop),
      network_(network),
      clock_(clock),
      desk_(desk),
      options_(std::move(options)),
      answerer_(std::make_shared<Answerer>(disk, options_.answer)),
      metrics_(desk),
      scope_(loop, [](const Error& error) {
        log_debug("a connection or a chore has failed", {{"error", error}});
      }) {
  std::ranges::sort(options_.mounts, [](const Mount& a, const Mount& b) {
    return a.prefix.size() > b.prefix.size();
  });
  for (const OutsideCounter& counter : options_.counters) metrics_.add(counter);
}

Server::~Server() = default;

Task<void> Server::start() {
  const WallTime now = clock_.wall_now();
  const bool is_new = co_await desk_.write<bool>(
      [now](sql::Database& database) { return store::add_defaults(database, now); });
  if (is_new) log_info("a new database: the default application, channels and groups were added");
  if (!options_.tls.cert_file.empty()) {
    tls_ = co_await TlsContext::make(true, options_.tls);
  }
  http_ = std::make_unique<HttpServer>(
      loop_, HttpServerOptions{.h2 = {},
                               .handler = [this](Exchange& exchange) { return serve(exchange); },
                               .take_h2 = {}});
  for (const std::string& address : options_.listen) {
    const Endpoint endpoint = co_await parse_host_port(address);
    listeners_.push_back(co_await network_.listen(
        endpoint, [this](std::unique_ptr<Stream> stream) { take(std::move(stream)); }));
    log_info("serving updates",
             {{"address", address}, {"port", static_cast<int>(listeners_.back()->port())}});
  }
  scope_.spawn(keep_house());
  scope_.spawn(count_fleet());
}

uint16_t Server::port() const {
  return listeners_.empty() ? uint16_t{0} : listeners_.front()->port();
}

Task<void> Server::stop() {
  listeners_.clear();
  if (http_ != nullptr) {
    const auto drained = co_await with_deadline(loop_, loop_.now() + kDrainTime, http_->drain());
    if (!drained) log_warn("connections were cut off", {{"error", drained.error()}});
  }
}

void Server::take(std::unique_ptr<Stream> stream) {
  if (tls_ == nullptr) return http_->serve(std::move(stream));
  scope_.spawn(take_secure(std::move(stream)));
}

Task<void> Server::take_secure(std::unique_ptr<Stream> stream) {
  http_->serve(co_await tls_->handshake(loop_, std::move(stream), ""));
}

Task<void> Server::serve(Exchange& exchange) {
  const MonotonicTime begin = clock_.now();
  co_await route(exchange);
  if (!options_.logs_requests) co_return;
  log_info("request", {{"method", exchange.head().method},
                       {"path", std::string(exchange.head().path())},
                       {"peer", exchange.peer_address()},
                       {"took", to_go_duration(clock_.now() - begin)}});
}

Task<void> Server::route(Exchange& exchange) {
  const std::string_view path = exchange.head().path();
  if (omaha::is_update_path(path)) {
    co_await serve_update(exchange);
  } else if (path == "/health") {
    co_await serve_health(exchange);
  } else if (path == "/metrics") {
    exchange.respond(200, Metrics::kContentType, metrics_.page());
  } else {
    const auto mount = std::ranges::find_if(
        options_.mounts, [&](const Mount& each) { return path.starts_with(each.prefix); });
    if (mount == options_.mounts.end()) {
      exchange.respond_text(404, "404 page not found");
    } else {
      co_await mount->handler(exchange);
    }
  }
}

Task<void> Server::serve_update(Exchange& exchange) {
  std::string_view rest = exchange.head().path().substr(kUpdatePath.size());
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (!options_.endpoint_suffix.empty() && rest != options_.endpoint_suffix) {
    exchange.respond_text(501, "Not Implemented");
    co_return;
  }
  if (exchange.head().method != "POST") {
    metrics_.refused();
    exchange.respond_text(400, "Expected a POST");
    co_return;
  }
  const auto body = co_await result(exchange.read_all(omaha::kMaxRequestBytes));
  auto request = body ? parse(exchange, *body) : Result<omaha::Request>(fail(body.error()));
  if (!request) {
    metrics_.refused();
    log_debug("a bad Omaha request", {{"error", request.error()}});
    exchange.respond_text(400, "Bad Omaha Request");
    co_return;
  }
  co_await answer(exchange, *std::move(request));
}

// A client doubles its interval at 503, which is what a database in trouble needs.
Task<void> Server::answer(Exchange& exchange, omaha::Request request) {
  const MonotonicTime begin = clock_.now();
  auto shared = std::make_shared<const omaha::Request>(std::move(request));
  const auto response = co_await result(desk_.write<omaha::Response>(
      [answerer = answerer_, shared, origin = origin_of(exchange), now = clock_.wall_now()](
          sql::Database& database) { return answerer->answer(database, *shared, origin, now); }));
  if (!response) {
    metrics_.failed();
    log_error("an Omaha request could not be answered", {{"error", response.error()}});
    exchange.respond_text(503, "Service Unavailable");
    co_return;
  }
  metrics_.answered(*response, clock_.now() - begin);
  exchange.respond(200, kXml, omaha::to_xml(*response));
}

Origin Server::origin_of(const Exchange& exchange) const {
  Origin origin{.ip = host_of(exchange.peer_address()), .base_url = options_.public_url};
  if (options_.trusts_forwarded_for) {
    const auto first = split(exchange.head().headers.value_of("x-forwarded-for"), ',').front();
    if (looks_like_address(trim(first))) origin.ip = trim(first);
  }
  if (origin.base_url.empty() && is_plain_host(exchange.head().host)) {
    origin.base_url = format("{}://{}", tls_ == nullptr ? "http" : "https", exchange.head().host);
  }
  while (origin.base_url.ends_with('/')) origin.base_url.pop_back();
  return origin;
}

Task<void> Server::serve_health(Exchange& exchange) {
  const auto asked = co_await result(
      desk_.read<int64_t>([](sql::Database& database) { return store::generation(database); }));
  if (asked) {
    exchange.respond_text(200, "OK");
  } else {
    exchange.respond_text(503, "the database cannot be reached");
  }
}

Task<void> Server::keep_house() {
  while (true) {
    const auto done = co_await result(desk_.write<void>(
        [now = clock_.wall_now(), ages = Ages{options_.forget_after, options_.keep_history}](
            sql::Database& database) { return do_housework(database, now, ages); }));
    if (!done) log_warn("the database's chores have failed", {{"error", done.error()}});
    co_await sleep_for(loop_, kHouseworkEvery);
  }
}

Task<void> Server::count_fleet() {
  while (true) {
    const auto figures = co_await result(desk_.read<FleetFigures>(fleet_figures));
    if (figures) metrics_.show(*figures);
    co_await sleep_for(loop_, options_.metrics_interval);
  }
}

}  // namespace argosy::update_service
