#include "parts/update_service/options/options.h"

namespace argosy::update_service {
namespace {

void add_oidc_flags(cli::FlagSet& flags, OidcFlags& oidc) {
  oidc::LoginOptions& login = oidc.login;
  flags.add("oidc-issuer-url", login.provider.issuer, "", "OIDC Issuer URL");
  flags.add("oidc-client-id", login.provider.client_id, "",
            "OIDC Client ID used for authentication");
  flags.add("oidc-client-secret-file", oidc.client_secret_file, "",
            "File with the client's secret; none: a public client.");
  flags.add("oidc-ca-file", login.provider.ca_file, "",
            "Authorities (PEM) of the provider, instead of the system's.");
  flags.add("oidc-admin-roles", oidc.admin_roles, "", "Comma-separated list of admin roles");
  flags.add("oidc-operator-roles", oidc.operator_roles, "",
            "Comma-separated list of operator roles");
  flags.add("oidc-viewer-roles", oidc.viewer_roles, "", "Comma-separated list of viewer roles");
  flags.add("oidc-roles-path", login.roles_path, "roles",
            "Where the roles are in the ID token: names with dots between");
  flags.add("oidc-scopes", oidc.scopes, "openid,profile,email", "Comma-separated list of scopes");
  flags.add("oidc-audience", login.audience, "",
            "Audience of access tokens in API calls; none: these are refused.");
  flags.add("oidc-use-userinfo", login.uses_userinfo, false,
            "The roles are in the userinfo, not in the token.");
  flags.add("oidc-management-url", oidc.management_url, "", "The provider's page of an account.");
  flags.add("oidc-logout-url", oidc.logout_url, "", "The provider's page to log out.");
}

}  // namespace

void add_flags(cli::FlagSet& flags, Options& options) {
  ServerOptions& server = options.server;
  flags.section("Serving");
  flags.add("host", options.host, "0.0.0.0", "Address to listen at.");
  flags.add("port", options.port, 8000, "Port to run server");
  flags.add("cert-file", server.tls.cert_file, "", "Certificate, to serve HTTPS.");
  flags.add("key-file", server.tls.key_file, "", "Its key.");
  flags.add("nebraska-url", options.public_url, "",
            "Base URL of this server in the answers; default: as the client has reached it.");
  flags.add("api-endpoint-suffix", server.endpoint_suffix, "",
            "Secret that the update endpoint ends with: /v1/update/SECRET");
  flags.add("trust-forwarded-for", server.trusts_forwarded_for, false,
            "A proxy's X-Forwarded-For says who asks.");
  flags.section("Payloads");
  flags.add("host-flatcar-packages", options.hosts_packages, false,
            "Host Flatcar packages in Nebraska");
  flags.add("flatcar-packages-path", options.packages_path, "",
            "Path where Flatcar packages files are stored");
  flags.add("max-upload-size", options.max_upload, uint64_t{8} << 30,
            "Largest file that operators may upload, in bytes.");
  flags.add("max-download-rate", options.max_download_rate, uint64_t{0},
            "Hosted files go to all machines together no faster than so many bytes a second; "
            "0: no limit.");
  flags.add("enable-syncer", options.mirrors, false, "Enable Flatcar packages syncer");
  flags.add("sync-interval", options.mirror.interval, hours(1),
            "Sync check interval (the minimum depends on the number of channels to sync)");
  flags.add("sync-update-url", options.mirror.upstream, MirrorOptions().upstream,
            "Flatcar update URL to sync from");
  flags.add("syncer-packages-url", options.mirror.packages_url, "",
            "Packages URL with {{ARCH}} and {{VERSION}}, instead of upstream's.");
  flags.add("sync-max-rate", options.mirror.max_rate, uint64_t{0},
            "Payloads from upstream come no faster than so many bytes a second; 0: no limit.");
  flags.add("sync-keys-file", options.sync_keys_file, "",
            "Public keys (PEM): upstream's channel metadata have to be signed with one of them.");
  flags.section("Operators");
  flags.add(
      "auth-mode", options.auth_mode, "tokens",
      "Who may use the API: tokens, noop (anybody), oidc (an OpenID provider's users, and tokens)");
  flags.add("root-token-file", options.root_token_file, "",
            "File with a token of an administrator, to begin with.");
  flags.add("channel-keys-file", options.channel_keys_file, "",
            "Public keys (PEM) that signed channel metadata are checked with.");
  flags.add("http-static-dir", options.page_directory, "",
            "Directory of the page's files, instead of the built-in ones.");
  flags.add("client-title", options.title, "Update service", "Client app title");
  flags.add("session-secret-file", options.session_secret_file, "",
            "Secret of 32 bytes or more, the same for all servers behind one address.");
  add_oidc_flags(flags, options.oidc);
  flags.section("Fleet");
  flags.add("database", options.database, "/var/lib/update-service/update-service.db",
            "File of SQLite, or postgres:// for several servers.");
  flags.add("forget-after", server.forget_after, hours(24 * 90),
            "Drop machines that were not seen for so long; 0: never.");
  flags.add("keep-history", server.keep_history, hours(24 * 180),
            "Keep what happened to machines for so long, at least 744h; 0: for ever.");
  flags.add("new-machines-per-hour", server.answer.newcomers_an_hour, uint64_t{10'000},
            "Machines never seen before that one address may bring; 0: any number.");
  flags.add("max-floors-per-response", options.max_floors, 5,
            "Floors in one answer to a client that takes several.");
  flags.section("Logging");
  flags.add("http-log", server.logs_requests, false, "Enable http requests logging");
  flags.add("debug", options.is_debug, false, "sets log level to debug");
}

Result<void> read_environment(cli::FlagSet& flags, const cli::Environment& environment) {
  TRY(cli::read_variable(flags, "database", "NEBRASKA_DB_URL", environment));
  TRY(cli::read_variable(flags, "max-floors-per-response", "NEBRASKA_MAX_FLOORS_PER_RESPONSE",
                         environment));
  return cli::read_environment(flags, "UPDATE_SERVICE", environment);
}

}  // namespace argosy::update_service
