// A browser's session: a cookie that names a token and an end, with a MAC. The token is
// looked up with every request, so that taking it away ends the session. Who has logged in at
// an OpenID provider has no token: the cookie has the name and the role then. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "parts/update_service/auth/identity.h"

namespace argosy::update_service::auth {

inline constexpr std::string_view kCookieName = "update_service_session";
inline constexpr Duration kSessionLength = hours(12);

class Sessions {
 public:
  // All servers behind one address need the same secret.
  explicit Sessions(Bytes secret) : secret_(std::move(secret)) {}

  struct Session {
    std::string id;       // no other session's
    std::string subject;  // the token's id, or what stands for it
    WallTime end{};
  };
  // Ends after kSessionLength, or at `end` if that is earlier. `id`: random, without dots.
  std::string open(std::string_view id, std::string_view subject, WallTime now,
                   WallTime end = WallTime::max()) const;
  // Nothing if it is forged or over.
  std::optional<Session> read(std::string_view session, WallTime now) const;
  // What a page has to send with everything that changes something: another site can make a
  // browser send the cookie, but can't read this.
  std::string csrf(std::string_view session) const;
  bool is_csrf(std::string_view session, std::string_view sent) const;

 private:
  std::string mac(std::string_view purpose, std::string_view text) const;
  Bytes secret_;
};

// What stands for a token's id in the session of somebody without a token, and back; nothing
// if it is a token's id.
std::string session_subject(const Identity& identity);
std::optional<Identity> identity_of_subject(std::string_view subject);

// Of a header "Cookie"; nothing when it has none of that name.
std::optional<std::string> cookie_value(std::string_view header, std::string_view name);
// Of a header "Set-Cookie"; an empty session takes it away. `is_secure`: over HTTPS only.
std::string session_cookie(std::string_view session, bool is_secure);

}  // namespace argosy::update_service::auth
