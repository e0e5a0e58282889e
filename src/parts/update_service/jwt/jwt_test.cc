#include <doctest/doctest.h>

#include "base/format.h"
#include "base/text.h"
#include "parts/update_service/jwt/claims.h"
#include "parts/update_service/jwt/keys.h"
#include "sys/file/disk.h"
#include "sys/random/random.h"

using namespace argosy;
using namespace argosy::update_service::jwt;

namespace {

// The cells of each line that is no comment.
std::vector<std::vector<std::string>> table(const std::string& path) {
  const auto text = read_file(real_disk(), path, 1 << 20);
  REQUIRE(text);
  std::vector<std::vector<std::string>> rows;
  for (const std::string_view line : split(*text, '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    std::vector<std::string> cells;
    for (const std::string_view cell : split(line, '|')) cells.emplace_back(trim(cell));
    rows.push_back(std::move(cells));
  }
  REQUIRE(rows.size() > 5);
  return rows;
}

template <typename T>
void check_answer(const Result<T>& got, std::string_view expected) {
  if (expected == "ok") {
    CHECK_MESSAGE(got, got.error().text());
    return;
  }
  REQUIRE_FALSE(got);
  CHECK(got.error().code() == Code::kUnauthenticated);
  CHECK_MESSAGE(got.error().text().find(expected) != std::string::npos, got.error().text());
}

json::Value object(std::string_view text) {
  const auto value = json::parse(text);
  REQUIRE(value);
  return *value;
}

std::string rsa_key(size_t bytes, char first, std::string_view exponent, std::string_view more) {
  Bytes modulus(bytes, '\x55');
  modulus.front() = first;
  return format(R"({{"keys":[{{"kty":"RSA","kid":"k","n":"{}","e":"{}"{}}}]}})",
                to_base64url(modulus), exponent, more);
}

size_t usable(std::string_view text) {
  const auto keys = parse_keys(text);
  REQUIRE(keys);
  return keys->size();
}

}  // namespace

TEST_CASE("headers and payloads") {
  for (const auto& row : table("testdata/tokens.txt")) {
    CAPTURE(row[0]);
    CAPTURE(row[1]);
    check_answer(parse_token(format("{}.{}.c2ln", to_base64url(row[0]), to_base64url(row[1]))),
                 row[2]);
  }
}

TEST_CASE("a token has one spelling") {
  const std::string good = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln";
  const auto token = parse_token(good);
  REQUIRE(token);
  CHECK(token->signed_text == "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0");
  CHECK(token->signature == "sig");
  CHECK(token->claims.text_of("sub") == "a");
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), good + ".", good + "=", good + "\n",
        " " + good, good + "A", good + ".x", good.substr(0, good.rfind('.')),
        good.substr(0, good.rfind('.') + 1), good + std::string(kMaxTokenBytes, 'A')}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_token(bad));
  }
}

TEST_CASE("base64url: what is written is read, and nothing else means the same") {
  const uint64_t seed = real_random().next();
  CAPTURE(seed);
  SeededRandom random(seed);
  for (int i = 0; i < 2000; ++i) {
    Bytes bytes(random.below(40), '\0');
    for (char& each : bytes) each = static_cast<char>(random.next());
    const std::string text = to_base64url(bytes);
    CHECK(from_base64url(text) == bytes);
    CHECK(text.find_first_of("+/=") == std::string::npos);
    if (text.empty()) continue;
    std::string other = text;
    char& changed = other[random.below(other.size())];
    changed = static_cast<char>(random.next());
    if (other != text) CHECK(from_base64url(other) != bytes);
  }
  for (const char* bad : {"A", "AB=", "AB", "A A", "+A", "/A", "AAAAA"}) {
    CHECK_FALSE(from_base64url(bad));
  }
}

TEST_CASE("claims") {
  const Expected expected{"https://i", "us", "us", "n"};
  for (const auto& row : table("testdata/claims.txt")) {
    CAPTURE(row[0]);
    check_answer(check_claims(object(row[0]), expected, WallTime(seconds(1000000))), row[1]);
  }
  const auto claims = object(R"({"iss":"https://i","aud":"us","exp":1000300,"sub":"s"})");
  CHECK_FALSE(check_claims(claims, {"https://i", "us", "", ""}, WallTime(seconds(1000000))));
  const auto known = check_claims(claims, {"https://i", "us", "", {}}, WallTime(seconds(1000000)));
  REQUIRE(known);
  CHECK(*known == Claims{"s", WallTime(seconds(1000300))});
}

TEST_CASE("an API takes access tokens") {
  Token token;
  token.claims = object(R"({"typ":"ID"})");
  CHECK_FALSE(check_is_access_token(token, "us"));
  token.type = "AT+JWT";
  CHECK(check_is_access_token(token, "us"));
  token.type = "JWT";
  CHECK_FALSE(check_is_access_token(token, "us"));
  token.claims = object(R"({"typ":"Bearer"})");
  CHECK(check_is_access_token(token, "us"));
  token.claims = object("{}");
  CHECK(check_is_access_token(token, "us"));
  // For the client itself, as ID tokens are.
  for (const char* audience : {R"("us")", R"(["api","us"])"}) {
    token.claims = object(format(R"({{"aud":{},"typ":"Bearer"}})", audience));
    CHECK_FALSE(check_is_access_token(token, "us"));
    token.type = "at+jwt";
    CHECK(check_is_access_token(token, "us"));
    token.type = "";
    CHECK_FALSE(check_is_access_token(token, "us"));
  }
  token.claims = object(R"({"aud":"api"})");
  CHECK(check_is_access_token(token, "us"));
}

TEST_CASE("roles by a path") {
  const auto claims = object(
      R"({"roles":["a","b",7],"realm_access":{"roles":["c"]},"https://x.y/roles":"d","":["e"]})");
  using Texts = std::vector<std::string>;
  CHECK(roles_at(claims, "roles") == Texts{"a", "b"});
  CHECK(roles_at(claims, "realm_access.roles") == Texts{"c"});
  CHECK(roles_at(claims, R"(https://x\.y/roles)") == Texts{"d"});
  for (const char* none : {"role", "roles.a", "realm_access", "realm_access.", ".", "roles\\"}) {
    CAPTURE(none);
    CHECK(roles_at(claims, none).empty());
  }
}

TEST_CASE("whom the book names") {
  CHECK(user_name(object(R"({"preferred_username":"p","email":"e","sub":"s"})")) == "p");
  CHECK(user_name(object(R"({"email":"e@x","sub":"s"})")) == "e@x");
  CHECK(user_name(object(R"({"email":"e@x","email_verified":false,"sub":"s"})")) == "s");
  CHECK(user_name(object(R"({"preferred_username":"a\nb","sub":"s"})")) == "s");
  CHECK(user_name(object(R"({"preferred_username":"","sub":"s"})")) == "s");
  CHECK_FALSE(user_name(object(R"({"sub":7})")));
  CHECK_FALSE(user_name(object(format(R"({{"sub":"{}"}})", std::string(129, 'x')))));
}

TEST_CASE("key sets: weak and foreign keys are left out") {
  CHECK(usable(rsa_key(256, '\x80', "AQAB", "")) == 1);
  CHECK(usable(rsa_key(256, '\1', "AQAB", "")) == 0);
  CHECK(usable(rsa_key(256, '\x7f', "AQAB", "")) == 0);
  CHECK(usable(rsa_key(2049, '\x7f', "AQAB", "")) == 0);
  CHECK(usable(rsa_key(256, '\x80', "AQ", "")) == 0);
  CHECK(usable(rsa_key(256, '\x80', "", "")) == 0);
  CHECK(usable(rsa_key(256, '\x80', "AQAB", R"(,"use":"enc")")) == 0);
  CHECK(usable(rsa_key(256, '\x80', "AQAB", R"(,"alg":"RS512")")) == 0);
  CHECK(usable(rsa_key(256, '\x80', "AQAB", R"(,"alg":"RS256","use":"sig")")) == 1);
  const std::string whole = to_base64url(Bytes(32, '\1'));
  const std::string odd = to_base64url(Bytes(31, '\1'));
  const auto point = [](std::string_view curve, std::string_view x, std::string_view y) {
    return format(R"({{"keys":[{{"kty":"EC","crv":"{}","x":"{}","y":"{}"}}]}})", curve, x, y);
  };
  CHECK(usable(point("P-256", whole, whole)) == 1);
  CHECK(usable(point("P-384", whole, whole)) == 0);
  CHECK(usable(point("P-256", odd, whole)) == 0);
  CHECK(usable(R"({"keys":[{"kty":"oct","k":"AAAA"},7,{}]})") == 0);
  for (const char* bad : {"", "[]", "{}", R"({"keys":{}})", "<html>"}) CHECK_FALSE(parse_keys(bad));
  std::string many = R"({"keys":[{})";
  for (size_t i = 0; i < kMaxKeys; ++i) many += ",{}";
  CHECK_FALSE(parse_keys(many + "]}"));
}
