#include <doctest/doctest.h>

#include "parts/update_service/oidc/login.h"
#include "sys/crypto/digest.h"

using namespace argosy;
using namespace argosy::update_service;
using namespace argosy::update_service::oidc;

namespace {

LoginOptions good_options() {
  LoginOptions options;
  options.provider.issuer = "https://id.example";
  options.provider.client_id = "us";
  options.provider.redirect_url = "https://updates.example/login/callback";
  options.admin_roles = {"a", "root"};
  options.operator_roles = {"o"};
  options.viewer_roles = {"v"};
  return options;
}

}  // namespace

TEST_CASE("flags that are missing are named") {
  CHECK(check_options(good_options()));
  const auto refusal = [](void (*spoil)(LoginOptions&)) {
    LoginOptions options = good_options();
    spoil(options);
    const auto checked = check_options(options);
    return checked ? std::string() : checked.error().text();
  };
  CHECK(refusal([](LoginOptions& o) { o.provider.issuer = ""; }) ==
        "-auth-mode oidc needs -oidc-issuer-url");
  CHECK(refusal([](LoginOptions& o) { o.provider.issuer = "http://id.example"; }) ==
        "-oidc-issuer-url is no https:// URL");
  CHECK(refusal([](LoginOptions& o) { o.provider.client_id = ""; }) ==
        "-auth-mode oidc needs -oidc-client-id");
  CHECK(refusal([](LoginOptions& o) { o.provider.redirect_url = "/login/callback"; }) != "");
  CHECK(refusal([](LoginOptions& o) { o.scopes = {"email"}; }) ==
        "-oidc-scopes has to have openid");
  CHECK(refusal([](LoginOptions& o) { o.admin_roles = o.operator_roles = o.viewer_roles = {}; }) !=
        "");
}

TEST_CASE("the highest role counts") {
  const LoginOptions options = good_options();
  CHECK(role_of(options, {"v", "x", "o"}) == auth::Role::kOperator);
  CHECK(role_of(options, {"root", "v"}) == auth::Role::kAdmin);
  CHECK(role_of(options, {"v"}) == auth::Role::kViewer);
  CHECK_FALSE(role_of(options, {"A", "", "viewer"}));
  CHECK_FALSE(role_of(options, {}));
}

TEST_CASE("which URLs may be used") {
  CHECK(is_usable_url("https://id.example/a", false));
  CHECK(is_usable_url("http://127.0.0.1:80/", true));
  CHECK(is_usable_url("http://localhost", true));
  CHECK(is_usable_url("http://[::1]:5/", true));
  CHECK_FALSE(is_usable_url("http://127.0.0.1:80/", false));
  for (const char* bad : {"", "https://", "http://id.example", "http://127.0.0.1.evil/",
                          "http://localhost:x@evil/", "https://a b/", "https://a\r\nX: y",
                          "file:///", "https://a/#b", "javascript:alert(1)", "https://u@h/"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_usable_url(bad, true));
  }
}

TEST_CASE("the discovery document") {
  const std::string good = R"({"issuer":"https://i","authorization_endpoint":"https://i/a",)"
                           R"("token_endpoint":"https://i/t","jwks_uri":"https://i/k"})";
  const auto found = read_discovery(good, "https://i");
  REQUIRE(found);
  CHECK(found->token == "https://i/t");
  CHECK(found->userinfo.empty());
  CHECK_FALSE(read_discovery(good, "https://i/"));
  CHECK_FALSE(read_discovery("[]", "https://i"));
  CHECK_FALSE(read_discovery("<html>", "https://i"));
  CHECK_FALSE(read_discovery(R"({"issuer":"https://i"})", "https://i"));
  std::string local = good;
  local.replace(local.find("https://i/t"), 11, "http://[::1]");
  CHECK_FALSE(read_discovery(local, "https://i"));
}

TEST_CASE("a key says how it signs") {
  const auto rsa = RsaPrivateKey::generate(2048);
  REQUIRE(rsa);
  jwt::Token token;
  token.key_id = "k";
  token.signed_text = "text";
  token.signature = *rsa->sign(sha256("text"));
  CHECK(KeyRing().verify(token).error().code() == Code::kNotFound);
  // Of the subject's public key, the modulus is what follows the fixed beginning.
  const Bytes der = rsa->public_key().to_der();
  const Bytes modulus = der.substr(33, 256);
  const jwt::Key key{"k", jwt::RsaNumbers{modulus, Bytes("\1\0\1", 3)}};
  const KeyRing ring({key});
  CHECK(ring.verify(token));
  token.key_id = "other";
  CHECK(ring.verify(token).error().code() == Code::kNotFound);
  token.key_id = "";
  CHECK(ring.verify(token));
  CHECK(KeyRing({key, key}).verify(token).error().code() == Code::kUnauthenticated);
  token.key_id = "k";
  CHECK(KeyRing({key, key}).verify(token));
  token.algorithm = jwt::Algorithm::kEs256;
  CHECK(ring.verify(token).error().code() == Code::kUnauthenticated);
  token.algorithm = jwt::Algorithm::kRs256;
  token.signed_text = "texts";
  CHECK(ring.verify(token).error().code() == Code::kUnauthenticated);
  CHECK(KeyRing({{"k", jwt::Point{Bytes(32, 'x'), Bytes(32, 'y')}}}).is_empty());
}

TEST_CASE("what goes into a URL") {
  CHECK(url_encode("openid profile") == "openid%20profile");
  CHECK(url_encode("a&b=c+\xc3\xa4/~-._") == "a%26b%3Dc%2B%C3%A4%2F~-._");
}
