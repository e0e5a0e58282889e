// An OpenID provider as seen from here: its discovery document (OpenID Connect Discovery 1.0),
// its keys, its token and userinfo endpoints. The loop's thread.
#pragma once

#include <optional>

#include "io/task/wait.h"
#include "parts/update_service/oidc/key_ring.h"
#include "sys/clock/clock.h"

namespace argosy::update_service::oidc {

inline constexpr Duration kTransferTime = seconds(10);
// Keys that the provider has taken back are not trusted for longer.
inline constexpr Duration kKeysAge = hours(1);
// A key that we do not know makes us look for new ones, but no more often.
inline constexpr Duration kLookForKeysEvery = minutes(1);
// After it could not be asked, nobody waits for it for so long.
inline constexpr Duration kRestTime = seconds(1);
inline constexpr int kMaxTransfers = 16;

struct ProviderOptions {
  std::string issuer;  // exactly as the provider's tokens say it
  std::string client_id;
  std::string client_secret;  // empty: a public client
  std::string redirect_url;
  std::string ca_file;  // empty: the system's authorities
};

// HTTPS; HTTP at this machine itself only if `is_local_allowed`.
bool is_usable_url(std::string_view url, bool is_local_allowed);
// Of a query or a form (RFC 3986, section 2.1).
std::string url_encode(std::string_view text);

struct Endpoints {
  std::string authorization, token, userinfo, keys;  // userinfo may be empty
};
// InvalidArgument, with the reason.
Result<Endpoints> read_discovery(std::string_view text, std::string_view issuer);

class Provider {
 public:
  // Loop and clock outlive it, and it every call.
  Provider(Loop& loop, const Clock& clock, ProviderOptions options);

  // Everything here: Unavailable when the provider does not answer, or not sensibly.
  Task<Endpoints> endpoints();
  // Unauthenticated: not signed by the provider.
  Task<void> verify(jwt::Token token);
  // RFC 6749, section 4.1.3, with RFC 7636's verifier. Unauthenticated: the code is refused.
  Task<json::Value> exchange(std::string code, std::string verifier);
  Task<json::Value> userinfo(std::string access_token);

 private:
  Task<void> learn();
  Task<void> try_to_learn();
  Task<void> learn_newer();
  Task<json::Value> ask(std::string url, std::string authorization, std::optional<Bytes> form);
  bool has_fresh_keys() const;

  Loop& loop_;
  const Clock& clock_;
  const ProviderOptions options_;
  Endpoints endpoints_;
  KeyRing keys_;
  std::optional<MonotonicTime> learned_at_, looked_at_, failed_at_;
  bool is_learning_ = false;
  Wakeup has_learned_;
  int transfers_ = 0;
};

}  // namespace argosy::update_service::oidc
