#include "parts/update_service/auth/gate.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "parts/update_service/auth/accounts.h"
#include "parts/update_service/auth/token.h"
#include "sys/crypto/hmac.h"

namespace argosy::update_service::auth {
namespace {

constexpr std::string_view kRoot = "root";

Bytes secret_of(GateOptions& options, Random& random) {
  Bytes secret = std::move(options.session_secret);
  while (secret.size() < 32) append_be64(secret, random.next());
  return secret;
}

// Of "Bearer TOKEN" or "Basic base64(USER:TOKEN)".
std::optional<std::string> sent_token(std::string_view header) {
  const auto sides = cut(header, " ");
  if (!sides) return std::nullopt;
  if (equal_ignoring_case(sides->first, "bearer")) return std::string(trim(sides->second));
  if (!equal_ignoring_case(sides->first, "basic")) return std::nullopt;
  const auto decoded = from_base64(trim(sides->second));
  const auto pair = decoded ? cut(*decoded, ":") : std::nullopt;
  return pair ? std::optional(std::string(pair->second)) : std::nullopt;
}

std::string address_of(const Exchange& exchange) {
  const std::string& peer = exchange.peer_address();
  return peer.substr(0, peer.rfind(':'));
}

std::optional<std::string> session_of(const Exchange& exchange) {
  return cookie_value(exchange.head().headers.value_of("cookie"), kCookieName);
}

// A JWT; API tokens have no dots.
bool looks_like_access_token(std::string_view token) {
  return token.starts_with("ey") && std::ranges::count(token, '.') == 2;
}

// What the database says of a session.
struct Found {
  bool is_ended = false;
  std::optional<Identity> identity;  // of its token
};
Result<Found> look_up(sql::Database& database, const Sessions::Session& session, WallTime now) {
  Found found{.is_ended = TRY(is_session_ended(database, session.id)), .identity = {}};
  found.identity = TRY(identity_of_token_id(database, session.subject, now));
  return found;
}

Identity root() {
  return {.name = std::string(kRoot), .role = Role::kAdmin, .token_id = {}};
}

}  // namespace

std::string_view mode_name(Mode mode) {
  switch (mode) {
    case Mode::kNoop:
      return "noop";
    case Mode::kTokens:
      return "tokens";
    case Mode::kOidc:
      return "oidc";
  }
  return "";
}

std::optional<Mode> parse_mode(std::string_view name) {
  for (const Mode mode : {Mode::kNoop, Mode::kTokens, Mode::kOidc}) {
    if (name == mode_name(mode)) return mode;
  }
  return std::nullopt;
}

Gate::Gate(Desk& desk, const Clock& clock, Random& random, GateOptions options)
    : desk_(desk),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      root_hash_(options_.root_token.empty() ? "" : token_hash(options_.root_token)),
      sessions_(secret_of(options_, random)) {}

Task<Identity> Gate::admit(const Exchange& exchange) {
  if (options_.mode == Mode::kNoop) {
    co_return Identity{.name = "anonymous", .role = Role::kAdmin, .token_id = {}};
  }
  const RequestHead& head = exchange.head();
  if (const auto token = sent_token(head.headers.value_of("authorization"))) {
    if (options_.mode == Mode::kOidc && looks_like_access_token(*token)) {
      co_return co_await by_access_token(*token, address_of(exchange));
    }
    co_return co_await by_token(*token, address_of(exchange));
  }
  const auto session = session_of(exchange);
  if (!session) {
    co_await failure(Code::kUnauthenticated, "a token is needed: Authorization: Bearer");
  }
  const bool changes_something = head.method != "GET" && head.method != "HEAD";
  co_return co_await by_session(*session, changes_something,
                                std::string(head.headers.value_of(kCsrfHeader)));
}

Task<void> Gate::check_rate(std::string address) {
  if (!limiter_.may_try(address, clock_.now())) {
    co_await failure(Code::kResourceExhausted,
                     "too many wrong tokens from this address; wait a minute");
  }
}

Task<Identity> Gate::by_access_token(std::string token, std::string address) {
  co_await check_rate(address);
  auto identity = co_await result(options_.identify(std::move(token)));
  if (identity) {
    limiter_.succeeded(address);
  } else if (identity.error().code() == Code::kUnauthenticated) {
    limiter_.failed(address, clock_.now());
  }
  co_return identity;
}

Task<Identity> Gate::by_token(std::string token, std::string address) {
  co_await check_rate(address);
  const std::string hash = token_hash(token);
  if (!root_hash_.empty() && is_equal_secret(hash, root_hash_)) {
    limiter_.succeeded(address);
    co_return root();
  }
  const auto found = co_await desk_.read<std::optional<Identity>>(
      [hash, now = clock_.wall_now()](sql::Database& database) {
        return identity_of_hash(database, hash, now);
      });
  if (!found) {
    limiter_.failed(address, clock_.now());
    co_await failure(Code::kUnauthenticated, "this token is not known or has expired");
  }
  limiter_.succeeded(address);
  co_return *found;
}

Task<Identity> Gate::by_session(std::string session, bool changes_something, std::string csrf) {
  const auto known = sessions_.read(session, clock_.wall_now());
  if (!known) {
    co_await failure(Code::kUnauthenticated, "the session is over: log in again");
  }
  if (changes_something && !sessions_.is_csrf(session, csrf)) {
    co_await failure(Code::kPermissionDenied, "the request does not come from this server's page");
  }
  const std::string& subject = known->subject;
  const auto found = co_await desk_.read<Found>(
      [known = *known, now = clock_.wall_now()](sql::Database& database) {
        return look_up(database, known, now);
      });
  if (found.is_ended) co_await failure(Code::kUnauthenticated, "the session is over: log in again");
  if (auto identity = identity_of_subject(subject)) {
    if (options_.mode != Mode::kOidc) {
      co_await failure(Code::kUnauthenticated, "the session is over: log in again");
    }
    co_return *std::move(identity);
  }
  if (subject == kRoot && !root_hash_.empty()) co_return root();
  if (!found.identity) {
    co_await failure(Code::kUnauthenticated, "the session's token was taken away");
  }
  co_return *found.identity;
}

Task<std::string> Gate::log_in(std::string token, std::string address) {
  if (options_.mode == Mode::kNoop) co_return std::string();
  const Identity identity = co_await by_token(std::move(token), std::move(address));
  const std::string_view id =
      identity.token_id.empty() ? kRoot : std::string_view(identity.token_id);
  co_return session_cookie(sessions_.open(new_token_id(random_), id, clock_.wall_now()),
                           options_.has_secure_cookies);
}

std::string Gate::open_session(const Identity& identity, WallTime end) {
  check(options_.mode == Mode::kOidc, "others have tokens");
  return session_cookie(
      sessions_.open(new_token_id(random_), session_subject(identity), clock_.wall_now(), end),
      options_.has_secure_cookies);
}

Task<std::string> Gate::log_out(const Exchange& exchange) {
  const auto cookie = session_of(exchange);
  const WallTime now = clock_.wall_now();
  const auto session = cookie ? sessions_.read(*cookie, now) : std::nullopt;
  if (session) {
    co_await desk_.write<void>([session = *session, now](sql::Database& database) {
      return end_session(database, session.id, session.end, now);
    });
  }
  co_return session_cookie("", options_.has_secure_cookies);
}

std::string Gate::csrf_of(const Exchange& exchange) const {
  const auto session = session_of(exchange);
  return session ? sessions_.csrf(*session) : "";
}

}  // namespace argosy::update_service::auth
