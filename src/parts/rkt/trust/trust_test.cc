#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

#include "base/format.h"
#include "parts/rkt/trust/key_store.h"
#include "parts/rkt/trust/verify.h"

namespace argosy::rkt {
namespace {

// Keys of gpg's, made for this test and gone after it.
class Sandbox {
 public:
  Sandbox() {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    std::filesystem::create_directory(path_ + "/home");
    std::filesystem::permissions(path_ + "/home", std::filesystem::perms::owner_all);
  }
  ~Sandbox() {
    (void)std::system(format("gpgconf --homedir {}/home --kill all 2>/dev/null", path_).c_str());
    std::filesystem::remove_all(path_);
  }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  void gpg(const std::string& words) const {
    const std::string command = format(
        "gpg --homedir {0}/home --batch --yes --quiet --pinentry-mode loopback --passphrase '' {1} "
        ">{0}/log 2>&1",
        path_, words);
    REQUIRE_MESSAGE(std::system(command.c_str()) == 0, command);
  }
  std::string make_key(const std::string& mail) const {
    gpg(format("--quick-generate-key 'Someone <{}>' ed25519 default never", mail));
    gpg(format("--armor --output {}/{}.asc --export {}", path_, mail, mail));
    return *read_file(real_disk(), format("{}/{}.asc", path_, mail));
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/argosy-trust-XXXXXX";
};

TEST_CASE("keys are for the names below their prefix, and verify what they signed") {
  const Sandbox sandbox;
  const std::string alice = sandbox.make_key("alice@example.com");
  const std::string bob = sandbox.make_key("bob@example.com");
  const PublicKey key = *parse_public_key(alice);
  CHECK(key.identities == std::vector<std::string>{"Someone <alice@example.com>"});
  sandbox.gpg("--with-colons --fingerprint alice@example.com");
  std::string upper = key.fingerprint;
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return static_cast<char>(std::toupper(c)); });
  CHECK(read_file(real_disk(), sandbox.path() + "/log")->find("fpr:::::::::" + upper) !=
        std::string::npos);

  const KeyStore store(real_disk(), sandbox.path() + "/system", sandbox.path() + "/local");
  const KeyStore system(real_disk(), "/nowhere", sandbox.path() + "/system");
  REQUIRE(store.add("example.com/a", alice).has_value());
  const auto added = system.add("", bob);
  REQUIRE(added.has_value());
  CHECK(store.keys_for("example.com/a/b")->size() == 2);
  CHECK(store.keys_for("example.com/a")->size() == 2);
  CHECK(store.keys_for("example.com/ab")->size() == 1);
  CHECK(!store.keys_for("example.com/../a").has_value());

  const std::string file = sandbox.path() + "/image";
  std::ofstream(file) << "content";
  sandbox.gpg(format("--armor --local-user alice@example.com --detach-sign {}", file));
  const auto keys = *store.keys_for("example.com/a/b");
  const auto good = verify_file(file, file + ".asc", keys, sandbox.path());
  REQUIRE_MESSAGE(good.has_value(), good.error().text());
  CHECK(good->front().fingerprint == key.fingerprint);
  // Binary signatures are as good.
  sandbox.gpg(format("--local-user alice@example.com --detach-sign {}", file));
  CHECK(verify_file(file, file + ".sig", keys, sandbox.path()).has_value());
  CHECK(verify_file(file, file + ".asc", *store.keys_for("other"), sandbox.path()).error().text() ==
        "openpgp: signature made by unknown entity");
  std::ofstream(file) << "Content";
  CHECK(verify_file(file, file + ".asc", keys, sandbox.path()).error().code() ==
        Code::kPermissionDenied);
  CHECK(verify_file(file, file, keys, sandbox.path()).error().code() == Code::kPermissionDenied);

  // A local empty file masks the system's key; a key under a wrong name is an error.
  const std::string bobs = parse_public_key(bob)->fingerprint;
  REQUIRE(store.remove("", bobs).has_value());
  CHECK(store.keys_for("other")->empty());
  std::ofstream(sandbox.path() + "/local/trustedkeys/root.d/" + bobs) << alice;
  CHECK(store.keys_for("other").error().text().find("fingerprint mismatch") != std::string::npos);
  for (const auto& entry : std::filesystem::directory_iterator(sandbox.path())) {
    CHECK(entry.path().filename().string().find("keyring-") == std::string::npos);
  }
}

TEST_CASE("what is no key") {
  const std::string begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n";
  const std::string end = "\n-----END PGP PUBLIC KEY BLOCK-----\n";
  for (const char* body : {"", "!", "AAAA", "mQ==", "mQAB", "xgEE", "//8=", "mP8E", "xv8E"}) {
    CHECK(!parse_public_key(begin + body + end).has_value());
  }
  CHECK(!parse_public_key("").has_value());
  CHECK(!parse_public_key(begin).has_value());
}

}  // namespace
}  // namespace argosy::rkt
