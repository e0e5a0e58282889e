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

TEST_CASE("a new key signs, and both its halves outlive a text") {
  const auto made = RsaPrivateKey::generate(2048);
  REQUIRE(made);
  const auto key = RsaPrivateKey::from_pem(made->to_pem());
  const auto half = RsaPublicKey::from_pem(made->public_key().to_pem());
  REQUIRE(key);
  REQUIRE(half);
  CHECK(half->to_der() == key->public_key().to_der());
  const auto signature = key->sign(sha256("abc"));
  REQUIRE(signature);
  CHECK(half->verifies(sha256("abc"), *signature));
  CHECK_FALSE(half->verifies(sha256("abd"), *signature));
  CHECK_FALSE(RsaPrivateKey::generate(1024).has_value());
}

TEST_CASE("an RSA key by its numbers") {
  const std::string modulus = std::string(1, '\x80') + std::string(254, 'k') + "m";
  const auto key = RsaPublicKey::from_numbers(modulus, std::string("\1\0\1", 3));
  REQUIRE(key);
  CHECK(key->size() == 256);
  CHECK(key->to_der().find(modulus) != std::string::npos);
  CHECK_FALSE(RsaPublicKey::from_numbers(modulus.substr(0, 128), "\3").has_value());
  CHECK_FALSE(RsaPublicKey::from_numbers("", "").has_value());
}

}  // namespace
}  // namespace argosy
