#include "parts/update_service/jwt/claims.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"

namespace argosy::update_service::jwt {
namespace {

constexpr size_t kMaxNameBytes = 128;
// 2255-03-14: a WallTime of nanoseconds ends soon after it.
constexpr double kLastSecond = 9e9;

Result<void> refused(std::string why) {
  return fail(Code::kUnauthenticated, std::move(why));
}

Result<std::optional<WallTime>> time_at(const json::Value& claims, std::string_view name) {
  const json::Value* value = claims.find(name);
  if (value == nullptr) return std::optional<WallTime>();
  const auto number = value->as_double();
  if (!number || !(*number >= 0 && *number < kLastSecond)) {
    return fail(Code::kUnauthenticated, format("the token's \"{}\" is no time", name));
  }
  return WallTime(seconds(static_cast<int64_t>(*number)));
}

std::vector<std::string> texts_of(const json::Value* value) {
  if (value == nullptr) return {};
  if (const std::string* one = value->as_string()) return {*one};
  std::vector<std::string> texts;
  if (const json::Array* list = value->as_array()) {
    for (const json::Value& each : *list) {
      if (const std::string* text = each.as_string()) texts.push_back(*text);
    }
  }
  return texts;
}

Result<void> check_audience(const json::Value& claims, const Expected& expected) {
  const auto audiences = texts_of(claims.find("aud"));
  if (std::ranges::find(audiences, expected.audience) == audiences.end()) {
    return refused("the token is for another audience");
  }
  if (expected.authorized_party.empty()) return {};
  const json::Value* party = claims.find("azp");
  if (party == nullptr && audiences.size() > 1) {
    return refused("the token has several audiences and no authorized party");
  }
  if (party != nullptr && claims.text_of("azp") != expected.authorized_party) {
    return refused("the token was made for another client");
  }
  return {};
}

Result<WallTime> check_times(const json::Value& claims, WallTime now) {
  const auto end = TRY(time_at(claims, "exp"));
  if (!end) return fail(Code::kUnauthenticated, "the token has no end");
  if (now >= *end + kLeeway) return fail(Code::kUnauthenticated, "the token has expired");
  for (const std::string_view name : {"nbf", "iat"}) {
    const auto begin = TRY(time_at(claims, name));
    if (begin && *begin > now + kLeeway) {
      return fail(Code::kUnauthenticated, "the token is not valid yet");
    }
  }
  return *end;
}

bool is_good_name(std::string_view name) {
  const auto is_control = [](char c) { return uint8_t(c) < 0x20 || c == 0x7f; };
  return !name.empty() && name.size() <= kMaxNameBytes && is_valid_utf8(name) &&
         std::ranges::none_of(name, is_control);
}

}  // namespace

Result<Claims> check_claims(const json::Value& claims, const Expected& expected, WallTime now) {
  if (claims.text_of("iss") != expected.issuer) {
    return fail(Code::kUnauthenticated, "the token is from another issuer");
  }
  TRY(check_audience(claims, expected));
  Claims known;
  known.end = TRY(check_times(claims, now));
  if (expected.nonce && (expected.nonce->empty() || claims.text_of("nonce") != *expected.nonce)) {
    return fail(Code::kUnauthenticated, "the token belongs to another login: its nonce is wrong");
  }
  known.subject = claims.text_of("sub");
  if (known.subject.empty()) return fail(Code::kUnauthenticated, "the token has no subject");
  return known;
}

Result<void> check_is_access_token(const Token& token, std::string_view client_id) {
  const std::string type = to_lower(token.type);
  if (type == "at+jwt" || type == "application/at+jwt") return {};
  if (equal_ignoring_case(token.claims.text_of("typ"), "id")) {
    return refused("this is an ID token; the API takes access tokens");
  }
  const auto audiences = texts_of(token.claims.find("aud"));
  if (std::ranges::find(audiences, client_id) != audiences.end()) {
    return refused(
        "the token is for the client that logs people in, and no \"at+jwt\" says that it is an "
        "access token");
  }
  return {};
}

std::vector<std::string> roles_at(const json::Value& claims, std::string_view path) {
  const json::Value* place = &claims;
  std::string name;
  for (size_t i = 0; i <= path.size() && place != nullptr; ++i) {
    if (i == path.size() || path[i] == '.') {
      place = place->find(name);
      name.clear();
    } else {
      if (path[i] == '\\' && i + 1 < path.size()) ++i;
      name += path[i];
    }
  }
  return texts_of(place);
}

std::optional<std::string> user_name(const json::Value& claims) {
  const json::Value* verified = claims.find("email_verified");
  const bool is_doubtful = verified != nullptr && verified->as_bool() != true;
  for (const std::string_view member : {"preferred_username", "email", "sub"}) {
    if (member == "email" && is_doubtful) continue;
    const std::string_view name = claims.text_of(member);
    if (is_good_name(name)) return std::string(name);
  }
  return std::nullopt;
}

}  // namespace argosy::update_service::jwt
