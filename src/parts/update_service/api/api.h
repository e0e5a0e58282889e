// The operators' REST API: Nebraska's paths and names below /api (its backend/api/spec.yaml),
// and beside them what it has not: pause, resume and shares of a rollout, pins, forced
// rollbacks, signed channel metadata, users and tokens, the audit book, an overview that says
// what is stuck, and a stream of it. Also /login, /logout and /config. The loop's thread.
#pragma once

#include <memory>

#include "io/http/exchange.h"
#include "lib/channel_metadata/trust/trust.h"
#include "parts/update_service/auth/gate.h"
#include "parts/update_service/store/desk.h"

namespace argosy::update_service::api {

inline constexpr size_t kMaxBodyBytes = 512 * 1024;
inline constexpr size_t kMaxStreams = 64;

struct ApiOptions {
  auth::GateOptions gate;
  // Who may sign what channels offer; without keys no metadata are taken.
  channel_metadata::Keyring channel_keys;
  std::string title = "Update service";
};

class Api {
 public:
  // All outlive it, and it outlives the server that it is mounted in.
  Api(Loop& loop, Desk& desk, const Clock& clock, Random& random, ApiOptions options);
  ~Api();

  // To be mounted at "/api", "/login", "/logout" and "/config".
  HttpHandler handler();

  struct Shared;

 private:
  Task<void> serve(Exchange& exchange);
  Task<void> serve_login(Exchange& exchange);
  Task<void> serve_api(Exchange& exchange, auth::Identity identity);
  Task<void> stream(Exchange& exchange);
  void serve_config(Exchange& exchange);
  void serve_session(Exchange& exchange, const auth::Identity& identity);

  Desk& desk_;
  const Clock& clock_;
  auth::Gate gate_;
  // The desk's threads use it, also after we are gone.
  std::shared_ptr<const Shared> shared_;
  std::string title_;
  size_t streams_ = 0;
};

}  // namespace argosy::update_service::api
