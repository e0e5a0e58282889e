#include "parts/update_service/oidc/key_ring.h"

#include "sys/crypto/digest.h"

namespace argosy::update_service::oidc {

KeyRing::KeyRing(const std::vector<jwt::Key>& keys) {
  for (const jwt::Key& key : keys) {
    if (const auto* numbers = std::get_if<jwt::RsaNumbers>(&key.numbers)) {
      auto made = RsaPublicKey::from_numbers(numbers->modulus, numbers->exponent);
      if (made) keys_.push_back({key.id, *std::move(made)});
    } else if (const auto* point = std::get_if<jwt::Point>(&key.numbers)) {
      auto made = P256PublicKey::from_coordinates(point->x, point->y);
      if (made) keys_.push_back({key.id, *std::move(made)});
    }
  }
}

jwt::Algorithm KeyRing::Named::algorithm() const {
  return std::holds_alternative<P256PublicKey>(key) ? jwt::Algorithm::kEs256
                                                    : jwt::Algorithm::kRs256;
}

Result<void> KeyRing::verify(const jwt::Token& token) const {
  std::vector<const Named*> fitting;
  bool is_known = false;
  for (const Named& each : keys_) {
    if (!token.key_id.empty() && each.id != token.key_id) continue;
    is_known = true;
    if (each.algorithm() == token.algorithm) fitting.push_back(&each);
  }
  if (!is_known) return fail(Code::kNotFound, "the token's key is not known");
  if (token.key_id.empty() && fitting.size() > 1) {
    return fail(Code::kUnauthenticated, "the token does not say which key has signed it");
  }
  const Bytes digest = sha256(token.signed_text);
  for (const Named* each : fitting) {
    const bool is_right = std::visit(
        [&](const auto& key) { return key.verifies(digest, token.signature); }, each->key);
    if (is_right) return {};
  }
  return fail(Code::kUnauthenticated, "the token's signature is wrong");
}

}  // namespace argosy::update_service::oidc
