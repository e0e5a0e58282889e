#include "parts/update_service/api/api.h"

#include "base/check.h"
#include "base/format.h"
#include "parts/update_service/api/answers.h"
#include "parts/update_service/api/routes.h"
#include "parts/update_service/api/upload.h"
#include "parts/update_service/auth/token.h"
#include "parts/update_service/store/catalog_store.h"
#include "sys/log/log.h"

namespace argosy::update_service::api {
namespace {

constexpr size_t kMaxLoginBytes = 4096;
constexpr Duration kStreamEvery = seconds(1);
constexpr int kMostTurns = 600;  // then the client asks anew, and its token with it
constexpr int kQuietTurns = 15;  // then a comment keeps proxies from closing the stream

std::string peer_host(const Exchange& exchange) {
  return exchange.peer_address().substr(0, exchange.peer_address().rfind(':'));
}

// Of reading a body, which may be a file: the sizes have their own statuses then.
void refuse_body(Exchange& exchange, const Error& error) {
  if (error.code() == Code::kOutOfRange) {
    return refuse(exchange, 413, "too_large", error.text());
  }
  if (error.code() == Code::kResourceExhausted) {
    return refuse(exchange, 507, "no_space", error.text());
  }
  refuse(exchange, error);
}

}  // namespace

std::unique_ptr<oidc::Login> login_of(Loop& loop, const Clock& clock, Random& random,
                                      const ApiOptions& options) {
  if (options.gate.mode != auth::Mode::kOidc) return nullptr;
  check(options.oidc.has_value(), "the mode oidc has its options");
  return std::make_unique<oidc::Login>(loop, clock, random, *options.oidc);
}

auth::GateOptions with(auth::GateOptions options, oidc::Login* login) {
  if (login != nullptr) {
    options.identify = [login](std::string token) { return login->identify(std::move(token)); };
  }
  return options;
}

// What a call owns while it waits and runs at the desk.
struct Api::Order {
  const Route* route;
  std::vector<std::string> words;
  std::string query;
  Bytes raw_body;
  json::Value body;
  auth::Identity identity;
  std::string new_secret, new_id;
  WallTime now;
};

struct Api::Shared {
  channel_metadata::Keyring channel_keys;
  Random& random;

  template <typename Work>
  std::invoke_result_t<Work, Call&> run(sql::Database& database, const Order& order,
                                        Work work) const {
    const model::CatalogView catalog = TRY(store::load_catalog(database));
    Call call{.database = database,
              .catalog = *catalog,
              .channel_keys = channel_keys,
              .words = order.words,
              .query = order.query,
              .body = order.body,
              .raw_body = order.raw_body,
              .identity = order.identity,
              .new_secret = order.new_secret,
              .new_id = order.new_id,
              .now = order.now};
    return work(call);
  }
};

Api::Api(Loop& loop, Desk& desk, const Clock& clock, Random& random, ApiOptions options)
    : desk_(desk),
      clock_(clock),
      oidc_(login_of(loop, clock, random, options)),
      gate_(desk, clock, random, with(std::move(options.gate), oidc_.get())),
      shared_(std::make_shared<const Shared>(std::move(options.channel_keys), random)),
      uploads_(std::make_unique<Uploads>(options.hosting, options.hosted_url, options.max_upload)),
      upstream_(std::move(options.upstream)),
      database_(std::move(options.database)),
      title_(std::move(options.title)),
      logout_url_(std::move(options.logout_url)),
      management_url_(std::move(options.management_url)) {}

Api::~Api() = default;

HttpHandler Api::handler() {
  return [this](Exchange& exchange) { return serve(exchange); };
}

Task<void> Api::serve(Exchange& exchange) {
  const std::string_view path = exchange.head().path();
  if (path == "/config") {
    serve_config(exchange);
    co_return;
  }
  if (path == "/login" && exchange.head().method == "POST") {
    co_await serve_login(exchange);
    co_return;
  }
  if (oidc_ != nullptr && exchange.head().method == "GET") {
    if (path == "/login/oidc") {
      co_await serve_oidc_begin(exchange);
      co_return;
    }
    if (path == "/login/callback") {
      co_await serve_oidc_end(exchange);
      co_return;
    }
  }
  if (path == "/logout" && exchange.head().method == "POST") {
    const auto cookie = co_await result(gate_.log_out(exchange));
    if (!cookie) co_return refuse(exchange, cookie.error());
    exchange.respond(204, "", "", {{"Set-Cookie", *cookie}});
    co_return;
  }
  if (!path.starts_with("/api/")) {
    refuse(exchange, 404, "not_found", "there is no such path");
    co_return;
  }
  const auto identity = co_await result(gate_.admit(exchange));
  if (!identity) {
    refuse(exchange, identity.error());
    co_return;
  }
  co_await serve_api(exchange, *identity);
}

void Api::serve_config(Exchange& exchange) {
  const json::Value config = json::Object{
      {"title", title_},          {"logo", ""},
      {"headerStyle", "light"},   {"accessManagementUrl", management_url_},
      {"nebraskaVersion", ""},    {"loginUrl", oidc_ != nullptr ? "/login/oidc" : "/login"},
      {"logoutUrl", logout_url_}, {"authMode", auth::mode_name(gate_.mode())}};
  exchange.respond(200, kJson, json::to_text(config) + "\n", safe_headers());
}

Task<void> Api::serve_login(Exchange& exchange) {
  const auto body = co_await result(exchange.read_all(kMaxLoginBytes));
  const auto value = body ? json::parse(*body) : Result<json::Value>(fail(body.error()));
  if (!value || value->text_of("token").empty()) {
    refuse(exchange, 400, "invalid", "a login is {\"token\": ...}");
    co_return;
  }
  const auto cookie =
      co_await result(gate_.log_in(std::string(value->text_of("token")), peer_host(exchange)));
  if (!cookie) {
    log_warn("a login was refused", {{"peer", exchange.peer_address()}, {"error", cookie.error()}});
    refuse(exchange, cookie.error());
    co_return;
  }
  exchange.respond(204, "", "", {{"Set-Cookie", *cookie}});
}

Task<void> Api::serve_oidc_begin(Exchange& exchange) {
  const auto begun = co_await result(oidc_->begin());
  if (!begun) co_return refuse(exchange, begun.error());
  Headers headers = safe_headers();
  headers.add("Location", begun->location);
  headers.add("Set-Cookie", begun->cookie);
  exchange.respond(302, "", "", std::move(headers));
}

Task<void> Api::serve_oidc_end(Exchange& exchange) {
  const RequestHead& head = exchange.head();
  const auto welcome = co_await result(
      oidc_->finish(std::string(head.headers.value_of("cookie")), std::string(head.query())));
  if (!welcome) {
    log_warn("a login was refused",
             {{"peer", exchange.peer_address()}, {"error", welcome.error()}});
    co_return refuse(exchange, welcome.error());
  }
  log_info("logged in",
           {{"user", welcome->identity.name}, {"role", auth::role_name(welcome->identity.role)}});
  Headers headers = safe_headers();
  headers.add("Location", "/");
  headers.add("Set-Cookie", gate_.open_session(welcome->identity, welcome->end));
  headers.add("Set-Cookie", oidc_->end_cookie());
  exchange.respond(302, "", "", std::move(headers));
}

void Api::serve_session(Exchange& exchange, const auth::Identity& identity) {
  const json::Value session = json::Object{{"user", identity.name},
                                           {"role", auth::role_name(identity.role)},
                                           {"csrf", gate_.csrf_of(exchange)}};
  exchange.respond(200, kJson, json::to_text(session) + "\n", safe_headers());
}

Task<void> Api::serve_api(Exchange& exchange, auth::Identity identity) {
  const RequestHead& head = exchange.head();
  const std::string_view path = head.path().substr(std::string_view("/api/").size());
  if (path == "session") co_return serve_session(exchange, identity);
  if (path == "stream" && head.method == "GET") {
    co_await stream(exchange);
    co_return;
  }
  if (const auto service = service_call(head.method, path)) {
    if (!identity.may(service->least)) co_return refuse_role(exchange, service->least, identity);
    co_return co_await (this->*service->serve)(exchange, std::move(identity));
  }
  auto match = find_route(head.method, path);
  if (!match) co_return refuse(exchange, 404, "not_found", "there is no such path");
  if (match->route == nullptr) {
    co_return refuse(exchange, 405, "method_not_allowed", "this path has other methods");
  }
  const Route& route = *match->route;
  if (!identity.may(route.least)) {
    co_return refuse_role(exchange, route.least, identity);
  }
  auto order = std::make_shared<Order>(Order{.route = &route,
                                             .words = std::move(match->words),
                                             .query = std::string(head.query()),
                                             .raw_body = {},
                                             .body = {},
                                             .identity = std::move(identity),
                                             .new_secret = auth::new_token(shared_->random),
                                             .new_id = auth::new_token_id(shared_->random),
                                             .now = clock_.wall_now()});
  const auto has_body = co_await result(
      route.file == FileUse::kTaken ? take_file(exchange, order) : read_body(exchange, *order));
  if (!has_body) co_return refuse_body(exchange, has_body.error());
  const auto work = [shared = shared_, order](sql::Database& database) {
    return shared->run(database, *order, order->route->answer);
  };
  const auto answer = route.changes_something() ? co_await result(desk_.write<json::Value>(work))
                                                : co_await result(desk_.read<json::Value>(work));
  const bool is_gone = !answer && answer.error().code() == Code::kNotFound;
  if ((answer && route.file == FileUse::kDropped) || (is_gone && route.file == FileUse::kTaken)) {
    co_await forget_file(order->words[1]);
  }
  if (!answer) co_return refuse(exchange, answer.error());
  if (answer->is_null()) co_return exchange.respond(204, "", "", safe_headers());
  exchange.respond(200, kJson, json::to_text(*answer) + "\n", safe_headers());
}

Task<void> Api::read_body(Exchange& exchange, Order& order) {
  auto body = co_await result(exchange.read_all(kMaxBodyBytes));
  if (!body && body.error().code() == Code::kResourceExhausted) {
    co_await failure(Code::kOutOfRange, body.error().message());
  }
  order.raw_body = co_await std::move(body);
  if (order.route->changes_something() && !order.raw_body.empty()) {
    order.body = co_await json::parse(order.raw_body);
  }
}

Task<void> Api::take_file(Exchange& exchange, std::shared_ptr<Order> order) {
  model::Package package =
      co_await desk_.read<model::Package>([shared = shared_, order](sql::Database& database) {
        return shared->run(database, *order, [](Call& call) -> Result<model::Package> {
          return *TRY(package_of(call));
        });
      });
  order->words[1] = package.id;
  order->body = co_await uploads_->take_in(exchange, std::move(package));
}

Task<void> Api::forget_file(std::string package_id) {
  const auto done = co_await result(uploads_->forget(package_id));
  if (!done) log_warn("a package's file is left", {{"id", package_id}, {"error", done.error()}});
}

// Server-sent events (HTML, section 9.2): the overview whenever it has changed.
Task<void> Api::stream(Exchange& exchange) {
  struct Place {
    size_t& count;
    explicit Place(size_t& of) : count(of) { ++count; }
    ~Place() { --count; }
  };
  if (streams_ >= kMaxStreams) co_return refuse(exchange, 429, "too_many", "too many streams");
  const Place place(streams_);
  Headers headers = safe_headers();
  headers.add("Content-Type", "text/event-stream");
  exchange.start(200, headers);
  std::string last;
  int quiet = 0;
  for (int turn = 0; turn < kMostTurns; ++turn, ++quiet) {
    const json::Value now = co_await desk_.read<json::Value>(
        [wall = clock_.wall_now()](sql::Database& database) -> Result<json::Value> {
          const model::CatalogView catalog = TRY(store::load_catalog(database));
          return overview(database, *catalog, wall);
        });
    std::string text = json::to_text(now);
    if (text != last) {
      exchange.write(format("event: overview\ndata: {}\n\n", text));
      last = std::move(text);
      quiet = 0;
    } else if (quiet == kQuietTurns) {
      exchange.write(": still here\n\n");
      quiet = 0;
    }
    co_await exchange.writable();
    co_await sleep_for(exchange.loop(), kStreamEvery);
  }
  exchange.finish();
}

}  // namespace argosy::update_service::api
