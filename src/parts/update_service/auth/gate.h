// The gate before everything that operators see: who sends this request? A token in
// "Authorization: Bearer", or as the password of "Basic", or a session's cookie, or an OpenID
// provider's access token (parts/update_service/oidc); with a cookie, whatever changes something
// has to carry the session's CSRF token. The loop's thread; tokens are looked up at the Desk.
#pragma once

#include <functional>

#include "io/http/exchange.h"
#include "parts/update_service/auth/identity.h"
#include "parts/update_service/auth/limiter.h"
#include "parts/update_service/auth/session.h"
#include "parts/update_service/store/desk.h"
#include "sys/random/random.h"

namespace argosy::update_service::auth {

inline constexpr std::string_view kCsrfHeader = "X-CSRF-Token";

enum class Mode : uint8_t {
  kNoop,    // everybody is admin, for a network of friends
  kTokens,  // API tokens
  kOidc,    // an OpenID provider, and API tokens for machines
};
// "noop", "tokens", "oidc".
std::optional<Mode> parse_mode(std::string_view name);
std::string_view mode_name(Mode mode);

struct GateOptions {
  Mode mode = Mode::kTokens;
  // A token that is the admin "root" without a user in the database: to begin with, and to
  // get in again. Empty: none.
  std::string root_token;
  // Of the sessions; empty: made at start, and a restart ends them.
  Bytes session_secret;
  bool has_secure_cookies = false;  // the page is reached over HTTPS
  // Of kOidc: whose access token it is.
  std::function<Task<Identity>(std::string token)> identify;
};

class Gate {
 public:
  // The desk and the clock outlive it.
  Gate(Desk& desk, const Clock& clock, Random& random, GateOptions options);

  // Unauthenticated: nobody known; PermissionDenied: a wrong CSRF token; ResourceExhausted:
  // too many failures from this address.
  Task<Identity> admit(const Exchange& exchange);
  // Exchanges a token for a session's cookie (a Set-Cookie header's value).
  Task<std::string> log_in(std::string token, std::string address);
  // A session's cookie for who was identified elsewhere; over at `end` at the latest. kOidc.
  std::string open_session(const Identity& identity, WallTime end);
  // Ends the request's session for all servers, if it has one. A cookie that takes its away.
  Task<std::string> log_out(const Exchange& exchange);
  // For the page; empty if the request has no session.
  std::string csrf_of(const Exchange& exchange) const;
  Mode mode() const { return options_.mode; }

 private:
  Task<Identity> by_token(std::string token, std::string address);
  Task<Identity> by_access_token(std::string token, std::string address);
  Task<void> check_rate(std::string address);
  Task<Identity> by_session(std::string session, bool changes_something, std::string csrf);

  Desk& desk_;
  const Clock& clock_;
  Random& random_;
  GateOptions options_;
  std::string root_hash_;
  Sessions sessions_;
  LoginLimiter limiter_;
};

}  // namespace argosy::update_service::auth
