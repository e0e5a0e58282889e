#include "parts/update_service/auth/session.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "sys/crypto/hmac.h"

namespace argosy::update_service::auth {
namespace {

// No token's id has a colon.
constexpr std::string_view kUser = "user:";

}  // namespace

std::string Sessions::mac(std::string_view purpose, std::string_view text) const {
  return to_hex(BytesView(hmac_sha256(secret_, format("{}:{}", purpose, text))));
}

std::string Sessions::open(std::string_view id, std::string_view subject, WallTime now,
                           WallTime end) const {
  const int64_t second = std::min(now + kSessionLength, end).time_since_epoch() / seconds(1);
  const std::string text = format("{}.{}.{}", id, subject, second);
  return format("{}.{}", text, mac("session", text));
}

std::optional<Sessions::Session> Sessions::read(std::string_view session, WallTime now) const {
  const size_t last = session.rfind('.');
  if (last == std::string_view::npos) return std::nullopt;
  const std::string_view text = session.substr(0, last);
  if (!is_equal_secret(mac("session", text), session.substr(last + 1))) return std::nullopt;
  const auto parts = split(text, '.');
  const auto end = parts.size() == 3 ? parse_int(parts[2]) : std::nullopt;
  if (!end || now.time_since_epoch() / seconds(1) >= *end) return std::nullopt;
  return Session{.id = std::string(parts[0]),
                 .subject = std::string(parts[1]),
                 .end = WallTime(seconds(*end))};
}

std::string Sessions::csrf(std::string_view session) const {
  return mac("csrf", session);
}

bool Sessions::is_csrf(std::string_view session, std::string_view sent) const {
  return is_equal_secret(csrf(session), sent);
}

std::string session_subject(const Identity& identity) {
  return format("{}{}:{}", kUser, role_name(identity.role), to_hex(BytesView(identity.name)));
}

std::optional<Identity> identity_of_subject(std::string_view subject) {
  if (!subject.starts_with(kUser)) return std::nullopt;
  const auto sides = cut(subject.substr(kUser.size()), ":");
  const auto role = sides ? parse_role(sides->first) : std::nullopt;
  auto name = sides ? from_hex(sides->second) : std::nullopt;
  if (!role || !name || name->empty()) return std::nullopt;
  return Identity{.name = *std::move(name), .role = *role, .token_id = {}};
}

std::optional<std::string> cookie_value(std::string_view header, std::string_view name) {
  for (const std::string_view part : split(header, ';')) {
    const auto sides = cut(trim(part), "=");
    if (sides && sides->first == name) return std::string(sides->second);
  }
  return std::nullopt;
}

std::string session_cookie(std::string_view session, bool is_secure) {
  const int64_t age = session.empty() ? 0 : kSessionLength / seconds(1);
  return format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", kCookieName, session, age,
                is_secure ? "; Secure" : "");
}

}  // namespace argosy::update_service::auth
