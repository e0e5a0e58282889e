// The operators' REST API: Nebraska's paths and names below /api (its backend/api/spec.yaml),
// and beside them what it has not: pause, resume and shares of a rollout, pins, forced
// rollbacks, signed channel metadata, users and tokens, the audit book, an overview that says
// what is stuck, and a stream of it. Also /login, /logout and /config,
// and with an OpenID provider /login/oidc and /login/callback. The loop's thread.
#pragma once

#include <functional>
#include <memory>

#include "io/http/exchange.h"
#include "lib/channel_metadata/trust/trust.h"
#include "lib/json/json.h"
#include "parts/update_service/auth/gate.h"
#include "parts/update_service/hosting/hosting.h"
#include "parts/update_service/oidc/login.h"
#include "parts/update_service/store/desk.h"

namespace argosy::update_service::api {

inline constexpr size_t kMaxBodyBytes = 512 * 1024;
inline constexpr size_t kMaxStreams = 64;

// The upstream that the service follows, if it does.
struct UpstreamView {
  std::function<json::Value()> describe;
  std::function<void()> sync;  // asks it now
};

struct ApiOptions {
  auth::GateOptions gate;
  // Of the mode oidc, which needs them.
  std::optional<oidc::LoginOptions> oidc;
  std::string logout_url, management_url;  // the provider's, for the page
  // Who may sign what channels offer; without keys no metadata are taken.
  channel_metadata::Keyring channel_keys;
  std::string title = "Update service";
  // Takes in the files of packages and outlives the Api; null: none are taken.
  Hosting* hosting = nullptr;
  std::string hosted_url = "/flatcar/";  // where the Hosting is mounted
  uint64_t max_upload = uint64_t{8} << 30;
  std::optional<UpstreamView> upstream;
  // Where the Desk's database is; of a file backups can be taken.
  std::string database;
};

class Uploads;

class Api {
 public:
  // All outlive it, and it outlives the server that it is mounted in.
  Api(Loop& loop, Desk& desk, const Clock& clock, Random& random, ApiOptions options);
  ~Api();

  // To be mounted at "/api", "/login", "/logout" and "/config".
  HttpHandler handler();

  struct Shared;
  struct Order;

 private:
  Task<void> serve(Exchange& exchange);
  Task<void> serve_login(Exchange& exchange);
  Task<void> serve_oidc_begin(Exchange& exchange);
  Task<void> serve_oidc_end(Exchange& exchange);
  Task<void> serve_api(Exchange& exchange, auth::Identity identity);
  Task<void> read_body(Exchange& exchange, Order& order);
  Task<void> take_file(Exchange& exchange, std::shared_ptr<Order> order);
  Task<void> forget_file(std::string package_id);
  Task<void> stream(Exchange& exchange);
  // What is not done at the desk alone.
  struct ServiceCall {
    std::string_view method, path;
    auth::Role least;
    Task<void> (Api::*serve)(Exchange&, auth::Identity);
  };
  static const ServiceCall* service_call(std::string_view method, std::string_view path);
  Task<void> show_upstream(Exchange& exchange, auth::Identity identity);
  Task<void> sync_upstream(Exchange& exchange, auth::Identity identity);
  Task<void> send_backup(Exchange& exchange, auth::Identity identity);
  void serve_config(Exchange& exchange);
  void serve_session(Exchange& exchange, const auth::Identity& identity);

  Desk& desk_;
  const Clock& clock_;
  std::unique_ptr<oidc::Login> oidc_;  // none but in the mode oidc
  auth::Gate gate_;
  // The desk's threads use it, also after we are gone.
  std::shared_ptr<const Shared> shared_;
  std::unique_ptr<Uploads> uploads_;
  std::optional<UpstreamView> upstream_;
  std::string database_;
  bool is_backing_up_ = false;
  std::string title_, logout_url_, management_url_;
  size_t streams_ = 0;
};

}  // namespace argosy::update_service::api
