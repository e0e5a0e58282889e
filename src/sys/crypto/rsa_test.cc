#include "sys/crypto/rsa.h"

#include <doctest/doctest.h>

#include "sys/crypto/digest.h"

namespace argosy {
namespace {

TEST_CASE("what is no RSA key is refused") {
  CHECK_FALSE(RsaPublicKey::from_pem("").has_value());
  CHECK_FALSE(RsaPublicKey::from_pem("-----BEGIN PUBLIC KEY-----\n").has_value());
  CHECK_FALSE(RsaPrivateKey::from_pem("-----BEGIN RSA PRIVATE KEY-----\n").has_value());
}

}  // namespace
}  // namespace argosy
