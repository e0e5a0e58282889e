#include "lib/payload/signature/signature.h"

#include <doctest/doctest.h>

#include "base/format.h"
#include "lib/payload/format/signatures.h"
#include "sys/crypto/digest.h"
#include "sys/file/disk.h"

namespace argosy::payload {
namespace {

Bytes file(const std::string& name) {
  auto bytes = read_file(real_disk(), "testdata/" + name);
  REQUIRE(bytes.has_value());
  return *std::move(bytes);
}

RsaPrivateKey private_key(int number) {
  auto key = RsaPrivateKey::from_pem(file(format("key{}.pem", number)));
  REQUIRE(key.has_value());
  return *std::move(key);
}

Keyring keyring(const std::vector<int>& numbers) {
  std::vector<Bytes> pems;
  for (const int number : numbers) pems.push_back(file(format("key{}.pub.pem", number)));
  auto ring = Keyring::from_pem(pems);
  REQUIRE(ring.has_value());
  return *std::move(ring);
}

TEST_CASE("a signature that openssl made is accepted, and ours is the same") {
  const Bytes hash = sha256(file("text"));
  const Bytes made = file("text.sig");
  CHECK(keyring({1}).verify(encode_signatures({made}), hash).has_value());
  CHECK(private_key(1).sign(hash) == made);
}

TEST_CASE("of several signatures one by a known key is enough") {
  const Bytes hash = sha256("payload");
  const auto both = sign({private_key(1), private_key(2)}, hash);
  REQUIRE(both.has_value());
  CHECK(both->size() == 528);
  CHECK(keyring({1}).verify(*both, hash).has_value());
  CHECK(keyring({2}).verify(*both, hash).has_value());
  CHECK(keyring({2, 1}).verify(*both, hash).has_value());
  // The original's client looks at version 2 only, which is the last.
  CHECK(keyring({2}).verify(*both, hash, 2).has_value());
  CHECK_FALSE(keyring({1}).verify(*both, hash, 2).has_value());
  CHECK(keyring({1}).verify(*both, hash, 1).has_value());
}

TEST_CASE("what is not signed by a known key is refused") {
  const Bytes hash = sha256("payload");
  const auto blob = sign({private_key(1)}, hash);
  REQUIRE(blob.has_value());
  CHECK_FALSE(keyring({2}).verify(*blob, hash).has_value());
  CHECK_FALSE(keyring({}).verify(*blob, hash).has_value());
  CHECK_FALSE(keyring({1}).verify(*blob, sha256("another payload")).has_value());
  CHECK_FALSE(keyring({1}).verify("", hash).has_value());
  CHECK_FALSE(keyring({1}).verify("\x0a\x7f", hash).has_value());
  for (size_t at = 0; at < blob->size(); at += 7) {
    Bytes damaged = *blob;
    damaged[at] ^= 1;
    // The version, which no signature covers, may change; the rest may not.
    const bool is_version = at == 4;
    if (!is_version) CHECK_FALSE(keyring({1}).verify(damaged, hash, 2).has_value());
  }
}

}  // namespace
}  // namespace argosy::payload
