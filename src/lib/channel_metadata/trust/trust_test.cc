#include "lib/channel_metadata/trust/trust.h"

#include <doctest/doctest.h>

#include "lib/channel_metadata/example_test.h"

using namespace argosy;
using namespace argosy::channel_metadata;

namespace {

RsaPrivateKey new_key() {
  return *RsaPrivateKey::generate(2048);
}

const RsaPrivateKey& old_key() {
  static const RsaPrivateKey kKey = new_key();
  return kKey;
}
const RsaPrivateKey& next_key() {
  static const RsaPrivateKey kKey = new_key();
  return kKey;
}

Keyring keyring_of(const std::vector<const RsaPrivateKey*>& keys) {
  std::string pem;
  for (const auto* key : keys) pem += "some text\n" + key->public_key().to_pem();
  return *Keyring::from_pem(pem);
}

std::string signed_by(const Metadata& metadata, const std::vector<const RsaPrivateKey*>& keys) {
  Document document{.signatures = {}, .metadata = metadata};
  for (const auto* key : keys) {
    REQUIRE(sign(document, key_of(key->public_key()), sign_with(*key)));
  }
  return to_text(document);
}

Code verdict(std::string_view text, const Keyring& keyring, int64_t now = 1'790'000'100,
             uint64_t last = 0, std::string_view channel = "stable") {
  const auto read = verify(text, keyring, at_second(now), last,
                           "{E96281A6-D1AF-4BDE-9A0A-97B76E56DC57}", channel, "amd64");
  return read ? Code::kOk : read.error().code();
}

}  // namespace

TEST_CASE("a document that a trusted key signed is believed") {
  const std::string text = signed_by(example(), {&old_key()});
  const Keyring ring = keyring_of({&old_key()});
  CHECK(verdict(text, ring) == Code::kOk);
  CHECK(verdict(text, keyring_of({&next_key()})) == Code::kPermissionDenied);
  CHECK(verdict(signed_by(example(), {}), ring) == Code::kPermissionDenied);
  CHECK(verdict("", ring) == Code::kInvalidArgument);
}

TEST_CASE("a machine that asks by a group's id is one of the channel's when the document says so") {
  const Keyring ring = keyring_of({&old_key()});
  Metadata metadata = example();
  CHECK(verdict(signed_by(metadata, {&old_key()}), ring, 1'790'000'100, 0, "canary") ==
        Code::kFailedPrecondition);
  metadata.groups = {"canary"};
  CHECK(verdict(signed_by(metadata, {&old_key()}), ring, 1'790'000'100, 0, "canary") == Code::kOk);
  CHECK(verdict(signed_by(metadata, {&old_key()}), ring, 1'790'000'100, 0, "beta") ==
        Code::kFailedPrecondition);
}

TEST_CASE("one key replaces another: two signatures, then the old key is forgotten") {
  const std::string both = signed_by(example(), {&old_key(), &next_key()});
  CHECK(verdict(both, keyring_of({&old_key()})) == Code::kOk);
  CHECK(verdict(both, keyring_of({&next_key()})) == Code::kOk);
  CHECK(verdict(both, keyring_of({&next_key(), &old_key()})) == Code::kOk);
}

TEST_CASE("a signature under another key's id is none") {
  Document document{.signatures = {}, .metadata = example()};
  REQUIRE(sign(document, key_of(next_key().public_key()), sign_with(next_key())));
  document.signatures[0].key_id = key_of(old_key().public_key()).id;
  CHECK(verdict(to_text(document), keyring_of({&old_key(), &next_key()})) ==
        Code::kPermissionDenied);
}

TEST_CASE("what was signed cannot be changed") {
  std::string text = signed_by(example(), {&old_key()});
  text.replace(text.find("\"sequence\":7"), 12, "\"sequence\":8");
  CHECK(verdict(text, keyring_of({&old_key()})) == Code::kPermissionDenied);
}

TEST_CASE("nobody can freeze, replay or mix up channels") {
  const std::string text = signed_by(example(), {&old_key()});
  const Keyring ring = keyring_of({&old_key()});
  CHECK(verdict(text, ring, 1'790'599'999) == Code::kOk);
  CHECK(verdict(text, ring, 1'790'600'000) == Code::kDeadlineExceeded);
  CHECK(verdict(text, ring, 1'790'000'100, 7) == Code::kOk);
  CHECK(verdict(text, ring, 1'790'000'100, 8) == Code::kOutOfRange);
  CHECK(verdict(text, ring, 1'790'000'100, 0, "beta") == Code::kFailedPrecondition);
  // A clock that was reset to long ago would take anything for fresh.
  CHECK(verdict(text, ring, 0) == Code::kUnavailable);
  CHECK(verdict(text, ring, 1'790'000'000 - 24 * 3600) == Code::kOk);
  Metadata other = example();
  other.arch = "aarch64";
  CHECK(verdict(signed_by(other, {&old_key()}), ring) == Code::kFailedPrecondition);
  other.arch = "all";
  CHECK(verdict(signed_by(other, {&old_key()}), ring) == Code::kOk);
}

TEST_CASE("signing again replaces, a signer that is not who it says is caught") {
  Document document{.signatures = {}, .metadata = example()};
  const Key key = key_of(old_key().public_key());
  REQUIRE(sign(document, key, sign_with(old_key())));
  REQUIRE(sign(document, key, sign_with(old_key())));
  CHECK(document.signatures.size() == 1);
  CHECK(sign(document, key, sign_with(next_key())).error().code() == Code::kPermissionDenied);
  CHECK(document.signatures.size() == 1);
  document.metadata.target = "9";
  CHECK(sign(document, key, sign_with(old_key())).error().code() == Code::kInvalidArgument);
}

TEST_CASE("keyrings") {
  CHECK_FALSE(Keyring::from_pem(""));
  CHECK_FALSE(Keyring::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA"));
  CHECK_FALSE(Keyring::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
  CHECK(keyring_of({&old_key(), &old_key()}).keys().size() == 1);
  CHECK(keyring_of({&old_key()}).keys()[0].id.size() == 64);
}
