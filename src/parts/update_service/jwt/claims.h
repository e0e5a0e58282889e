// What a token says, and whether it says it to us and now (RFC 7519, section 4.1; OpenID
// Connect Core 1.0, section 3.1.3.7). Any thread.
#pragma once

#include <vector>

#include "base/time.h"
#include "parts/update_service/jwt/token.h"

namespace argosy::update_service::jwt {

// How far two clocks may be apart.
inline constexpr Duration kLeeway = seconds(60);

struct Expected {
  std::string issuer;
  std::string audience;              // one of the token's
  std::string authorized_party;      // empty: "azp" is not looked at
  std::optional<std::string> nonce;  // of an ID token
};

struct Claims {
  std::string subject;
  WallTime end{};  // "exp"

  bool operator==(const Claims&) const = default;
};

// Unauthenticated, with the reason.
Result<Claims> check_claims(const json::Value& claims, const Expected& expected, WallTime now);

// Unauthenticated for a token that says of itself that it is an ID token: an API takes access
// tokens only. RFC 9068 marks those in the header, Keycloak marks both by a claim "typ";
// tokens without any mark pass, since some providers have none. But not those that are for
// `client_id` too, which is the audience of our ID tokens: these need RFC 9068's mark.
Result<void> check_is_access_token(const Token& token, std::string_view client_id);

// The texts at a path of member names with dots between ("realm_access.roles"; "\." is a dot
// in a name): of a list, or a single one. Empty if there is no such place.
std::vector<std::string> roles_at(const json::Value& claims, std::string_view path);

// Whom the audit book names: preferred_username, email (unless the provider says that it is
// not verified) or sub; the first that is 1 to 128 bytes of UTF-8 without control characters.
std::optional<std::string> user_name(const json::Value& claims);

}  // namespace argosy::update_service::jwt
