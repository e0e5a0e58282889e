#include "sys/crypto/ecdsa.h"

#include <doctest/doctest.h>

#include "sys/crypto/digest.h"

namespace argosy {
namespace {

// RFC 6979, A.2.5: P-256 with SHA-256, message "sample".
constexpr std::string_view kX = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
constexpr std::string_view kY = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
constexpr std::string_view kR = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
constexpr std::string_view kS = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

TEST_CASE("a signature of the standard's own example") {
  const auto key = P256PublicKey::from_coordinates(*from_hex(kX), *from_hex(kY));
  REQUIRE(key);
  const Bytes signature = *from_hex(kR) + *from_hex(kS);
  CHECK(key->verifies(sha256("sample"), signature));
  CHECK_FALSE(key->verifies(sha256("simple"), signature));
  CHECK_FALSE(key->verifies(sha256("sample"), *from_hex(kS) + *from_hex(kR)));
  CHECK_FALSE(key->verifies(sha256("sample"), Bytes(64, '\0')));
  CHECK_FALSE(key->verifies(sha256("sample"), ""));
}

TEST_CASE("a point beside the curve is no key") {
  CHECK_FALSE(P256PublicKey::from_coordinates(*from_hex(kX), *from_hex(kX)).has_value());
  CHECK_FALSE(P256PublicKey::from_coordinates("", "").has_value());
  CHECK_FALSE(P256PublicKey::from_coordinates(Bytes(32, '\0'), Bytes(32, '\0')).has_value());
}

}  // namespace
}  // namespace argosy
