// JSON Web Tokens in the compact form (RFC 7515, RFC 7519), as an OpenID provider signs them:
// RS256 or ES256 and nothing else; what a header says beyond that is refused or not looked at.
// Nothing is true of a token before its signature was checked (parts/update_service/oidc).
// Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "lib/json/json.h"

namespace argosy::update_service::jwt {

inline constexpr size_t kMaxTokenBytes = 16 * 1024;

enum class Algorithm : uint8_t { kRs256, kEs256 };

struct Token {
  Algorithm algorithm = Algorithm::kRs256;
  std::string key_id;  // empty: the header names none
  std::string type;    // the header's "typ"
  Bytes signed_text;   // what the signature is of
  Bytes signature;
  json::Value claims;  // an object
};

// Unauthenticated, with the reason.
Result<Token> parse_token(std::string_view compact);

// RFC 4648, section 5, without padding; reading takes one spelling of each text only.
std::string to_base64url(BytesView bytes);
std::optional<Bytes> from_base64url(std::string_view text);

}  // namespace argosy::update_service::jwt
