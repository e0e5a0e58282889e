// Logging in through an OpenID provider: the code flow with PKCE (RFC 6749, RFC 7636, OpenID
// Connect Core 1.0, section 3.1), and access tokens in API calls. What a login needs to be
// finished is in a signed cookie of the browser that began it, so that any server behind the
// address can finish it. The loop's thread.
#pragma once

#include <map>

#include "parts/update_service/auth/identity.h"
#include "parts/update_service/oidc/provider.h"
#include "sys/random/random.h"

namespace argosy::update_service::oidc {

inline constexpr std::string_view kLoginCookie = "update_service_login";
inline constexpr Duration kLoginTime = minutes(10);
inline constexpr size_t kMaxFinished = 10'000;
// Before the names of those who come from a provider; no local user's name has a colon.
inline constexpr std::string_view kNamePrefix = "oidc:";

struct LoginOptions {
  ProviderOptions provider;
  std::vector<std::string> admin_roles, operator_roles, viewer_roles;
  std::string roles_path = "roles";
  std::vector<std::string> scopes = {"openid", "profile", "email"};
  // That an access token in an API call is for; empty: those are refused.
  std::string audience;
  bool uses_userinfo = false;  // the roles are there, not in the token
  // Of the login's cookie; empty: made at start.
  Bytes secret;
  bool has_secure_cookies = false;
};
// InvalidArgument, with the flag to set.
Result<void> check_options(const LoginOptions& options);

// The highest that one of the names gives.
std::optional<auth::Role> role_of(const LoginOptions& options,
                                  const std::vector<std::string>& names);

class Login {
 public:
  // All outlive it, and it every call.
  Login(Loop& loop, const Clock& clock, Random& random, LoginOptions options);

  struct Begin {
    std::string location;  // where the browser goes next
    std::string cookie;    // a Set-Cookie header's value
  };
  Task<Begin> begin();

  struct Welcome {
    auth::Identity identity;
    WallTime end{};  // of the ID token
  };
  // `cookies` is the header, `query` what the provider has sent along. InvalidArgument: not a
  // login that this browser has begun and not finished; PermissionDenied: no role here;
  // Unauthenticated: the provider or its token says no; Unavailable: see Provider.
  Task<Welcome> finish(std::string cookies, std::string query);
  std::string end_cookie() const;

  // Of an access token (a JWT) in an API call. As finish().
  Task<auth::Identity> identify(std::string token);

 private:
  struct Secrets {
    std::string state, nonce, verifier;
  };
  std::string seal(const Secrets& secrets, WallTime end) const;
  Result<Secrets> unseal(std::string_view cookies, WallTime now) const;
  std::string cookie(std::string_view value, Duration age) const;
  std::string new_secret();
  Result<void> finish_once(const std::string& state);
  Task<auth::Identity> identity_of(json::Value claims, std::string access_token);

  const Clock& clock_;
  Random& random_;
  LoginOptions options_;
  Provider provider_;
  std::map<std::string, WallTime> finished_;  // states, with the end of their cookies
};

}  // namespace argosy::update_service::oidc
