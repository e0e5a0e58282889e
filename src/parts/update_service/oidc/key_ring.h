// A provider's keys, and whether a token was signed with one of them. A key says how it signs,
// so that no token can choose another way. Any thread.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "parts/update_service/jwt/keys.h"
#include "sys/crypto/ecdsa.h"
#include "sys/crypto/rsa.h"

namespace argosy::update_service::oidc {

class KeyRing {
 public:
  KeyRing() = default;
  // Keys that are no keys (a point off the curve) are left out.
  explicit KeyRing(const std::vector<jwt::Key>& keys);

  bool is_empty() const { return keys_.empty(); }
  // NotFound: no key of that id, perhaps there is a newer set; Unauthenticated: not signed
  // with the key, or several could be meant and the token names none.
  Result<void> verify(const jwt::Token& token) const;

 private:
  struct Named {
    std::string id;
    std::variant<RsaPublicKey, P256PublicKey> key;

    jwt::Algorithm algorithm() const;
  };
  std::vector<Named> keys_;
};

}  // namespace argosy::update_service::oidc
