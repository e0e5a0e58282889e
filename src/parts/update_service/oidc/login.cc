#include "parts/update_service/oidc/login.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "io/http/exchange.h"
#include "parts/update_service/auth/session.h"
#include "parts/update_service/jwt/claims.h"
#include "sys/crypto/digest.h"
#include "sys/crypto/hmac.h"

namespace argosy::update_service::oidc {
namespace {

Bytes secret_of(Bytes given, Random& random) {
  while (given.size() < 32) append_be64(given, random.next());
  return given;
}

bool has_one_of(const std::vector<std::string>& wanted, const std::vector<std::string>& names) {
  return std::ranges::find_first_of(wanted, names) != wanted.end();
}

}  // namespace

Result<void> check_options(const LoginOptions& options) {
  const auto missing = [](std::string_view flag) {
    return fail(Code::kInvalidArgument, format("-auth-mode oidc needs {}", flag));
  };
  if (options.provider.issuer.empty()) return missing("-oidc-issuer-url");
  if (!is_usable_url(options.provider.issuer, true)) {
    return fail(Code::kInvalidArgument, "-oidc-issuer-url is no https:// URL");
  }
  if (options.provider.client_id.empty()) return missing("-oidc-client-id");
  if (!is_usable_url(options.provider.redirect_url, true)) {
    return missing("-nebraska-url, with https:// (the provider sends browsers back to it)");
  }
  if (options.admin_roles.empty() && options.operator_roles.empty() &&
      options.viewer_roles.empty()) {
    return missing("-oidc-admin-roles, -oidc-operator-roles or -oidc-viewer-roles");
  }
  if (std::ranges::find(options.scopes, "openid") == options.scopes.end()) {
    return fail(Code::kInvalidArgument, "-oidc-scopes has to have openid");
  }
  return {};
}

std::optional<auth::Role> role_of(const LoginOptions& options,
                                  const std::vector<std::string>& names) {
  if (has_one_of(options.admin_roles, names)) return auth::Role::kAdmin;
  if (has_one_of(options.operator_roles, names)) return auth::Role::kOperator;
  if (has_one_of(options.viewer_roles, names)) return auth::Role::kViewer;
  return std::nullopt;
}

Login::Login(Loop& loop, const Clock& clock, Random& random, LoginOptions options)
    : clock_(clock),
      random_(random),
      options_(std::move(options)),
      provider_(loop, clock, options_.provider) {
  options_.secret = secret_of(std::move(options_.secret), random);
}

std::string Login::new_secret() {
  Bytes bytes;
  for (int i = 0; i < 4; ++i) append_be64(bytes, random_.next());
  return jwt::to_base64url(bytes);
}

std::string Login::seal(const Secrets& secrets, WallTime end) const {
  const std::string text = format("{}.{}.{}.{}", secrets.state, secrets.nonce, secrets.verifier,
                                  end.time_since_epoch() / seconds(1));
  return format("{}.{}", text, to_hex(BytesView(hmac_sha256(options_.secret, "login:" + text))));
}

Result<Login::Secrets> Login::unseal(std::string_view cookies, WallTime now) const {
  const auto sealed = auth::cookie_value(cookies, kLoginCookie);
  if (!sealed) return fail(Code::kInvalidArgument, "this browser has not begun to log in");
  const auto parts = split(*sealed, '.');
  const auto end = parts.size() == 5 ? parse_int(parts[3]) : std::nullopt;
  const std::string_view text = std::string_view(*sealed).substr(0, sealed->rfind('.'));
  if (!end || !is_equal_secret(
                  to_hex(BytesView(hmac_sha256(options_.secret, "login:" + std::string(text)))),
                  parts[4])) {
    return fail(Code::kInvalidArgument, "this login was not begun here");
  }
  if (now.time_since_epoch() / seconds(1) >= *end) {
    return fail(Code::kInvalidArgument, "this login has taken too long: begin again");
  }
  return Secrets{std::string(parts[0]), std::string(parts[1]), std::string(parts[2])};
}

std::string Login::cookie(std::string_view value, Duration age) const {
  return format("{}={}; Path=/login; Max-Age={}; HttpOnly; SameSite=Lax{}", kLoginCookie, value,
                age / seconds(1), options_.has_secure_cookies ? "; Secure" : "");
}

std::string Login::end_cookie() const {
  return cookie("", Duration::zero());
}

Task<Login::Begin> Login::begin() {
  const Endpoints endpoints = co_await provider_.endpoints();
  const Secrets secrets{new_secret(), new_secret(), new_secret()};
  const char joint = endpoints.authorization.find('?') == std::string::npos ? '?' : '&';
  std::string location = format(
      "{}{}response_type=code&client_id={}&redirect_uri={}&scope={}&state={}&nonce={}"
      "&code_challenge={}&code_challenge_method=S256",
      endpoints.authorization, joint, url_encode(options_.provider.client_id),
      url_encode(options_.provider.redirect_url), url_encode(join(options_.scopes, " ")),
      secrets.state, secrets.nonce, jwt::to_base64url(sha256(secrets.verifier)));
  co_return Begin{std::move(location),
                  cookie(seal(secrets, clock_.wall_now() + kLoginTime), kLoginTime)};
}

// Another server behind the same address can't know; there the provider refuses the code.
Result<void> Login::finish_once(const std::string& state) {
  const WallTime now = clock_.wall_now();
  std::erase_if(finished_, [&](const auto& each) { return each.second <= now; });
  if (finished_.size() >= kMaxFinished) finished_.erase(finished_.begin());
  if (!finished_.try_emplace(state, now + kLoginTime).second) {
    return fail(Code::kInvalidArgument, "this login was already finished: begin again");
  }
  return {};
}

Task<Login::Welcome> Login::finish(std::string cookies, std::string query) {
  const Secrets secrets = co_await unseal(cookies, clock_.wall_now());
  if (!is_equal_secret(query_value(query, "state").value_or(""), secrets.state)) {
    co_await failure(Code::kInvalidArgument, "this answer belongs to another login");
  }
  const auto issuer = query_value(query, "iss");  // RFC 9207
  if (issuer && *issuer != options_.provider.issuer) {
    co_await failure(Code::kInvalidArgument, "this answer is from another provider");
  }
  co_await finish_once(secrets.state);
  const auto code = query_value(query, "code");
  if (!code || code->empty()) {
    co_await failure(Code::kUnauthenticated, "the OpenID provider has not let you in");
  }
  const json::Value answer = co_await provider_.exchange(*code, secrets.verifier);
  const jwt::Token token = co_await jwt::parse_token(answer.text_of("id_token"));
  co_await provider_.verify(token);
  const std::string& client = options_.provider.client_id;
  const jwt::Claims claims = co_await jwt::check_claims(
      token.claims, {options_.provider.issuer, client, client, secrets.nonce}, clock_.wall_now());
  co_return Welcome{co_await identity_of(token.claims, std::string(answer.text_of("access_token"))),
                    claims.end};
}

Task<auth::Identity> Login::identify(std::string text) {
  if (options_.audience.empty()) {
    co_await failure(Code::kUnauthenticated,
                     "access tokens are not taken here: -oidc-audience is not set");
  }
  const jwt::Token token = co_await jwt::parse_token(text);
  co_await provider_.verify(token);
  co_await jwt::check_claims(token.claims, {options_.provider.issuer, options_.audience, "", {}},
                             clock_.wall_now());
  co_await jwt::check_is_access_token(token, options_.provider.client_id);
  co_return co_await identity_of(token.claims, std::move(text));
}

Task<auth::Identity> Login::identity_of(json::Value claims, std::string access_token) {
  const auto name = jwt::user_name(claims);
  if (!name) co_await failure(Code::kUnauthenticated, "the token names nobody");
  json::Value place = claims;
  if (options_.uses_userinfo) {
    place = co_await provider_.userinfo(std::move(access_token));
    if (place.text_of("sub") != claims.text_of("sub")) {
      co_await failure(Code::kUnauthenticated, "the userinfo is somebody else's");
    }
  }
  const auto role = role_of(options_, jwt::roles_at(place, options_.roles_path));
  if (!role) {
    co_await failure(Code::kPermissionDenied, format("{}{} has no role here", kNamePrefix, *name));
  }
  co_return auth::Identity{
      .name = format("{}{}", kNamePrefix, *name), .role = *role, .token_id = {}};
}

}  // namespace argosy::update_service::oidc
