// update-service: decides which machines get which update, over Omaha.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/format.h"
#include "base/text.h"
#include "io/loop/uv_loop.h"
#include "parts/update_service/api/api.h"
#include "parts/update_service/auth/accounts.h"
#include "parts/update_service/hosting/hosting.h"
#include "parts/update_service/mirror/mirror.h"
#include "parts/update_service/oidc/login.h"
#include "parts/update_service/options/options.h"
#include "parts/update_service/page/page.h"
#include "parts/update_service/server/server.h"
#include "parts/update_service/store/catalog_store.h"
#include "parts/update_service/store/desk.h"
#include "sys/file/disk.h"
#include "sys/log/log.h"
#include "sys/notify/notify.h"
#include "sys/random/random.h"

namespace argosy::update_service {
namespace {

// Where Nebraska has its static payloads.
constexpr std::string_view kPackagesPrefix = "/flatcar/";
constexpr uint64_t kMaxSmallFile = 1 << 20;
constexpr size_t kMinSecretBytes = 32;

// The order is that of their birth, for ever; see lib/sql/migrate.h.
std::vector<sql::Step> all_steps() {
  std::vector<sql::Step> steps;
  for (const sql::Step& step : store::steps()) steps.push_back(step);
  for (const sql::Step& step : auth::steps()) steps.push_back(step);
  for (const sql::Step& step : store::history_steps()) steps.push_back(step);
  for (const sql::Step& step : auth::session_steps()) steps.push_back(step);
  return steps;
}

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  for (const std::string_view word : split(list, ',')) {
    if (!trim(word).empty()) words.emplace_back(trim(word));
  }
  return words;
}

Result<void> add_oidc(const Options& options, api::ApiOptions& made) {
  const OidcFlags& flags = options.oidc;
  oidc::LoginOptions login = flags.login;
  login.admin_roles = words_of(flags.admin_roles);
  login.operator_roles = words_of(flags.operator_roles);
  login.viewer_roles = words_of(flags.viewer_roles);
  login.scopes = words_of(flags.scopes);
  std::string base = options.public_url;
  while (base.ends_with('/')) base.pop_back();
  login.provider.redirect_url = base + "/login/callback";
  if (!flags.client_secret_file.empty()) {
    login.provider.client_secret =
        trim(TRY(read_file(real_disk(), flags.client_secret_file, kMaxSmallFile)));
  }
  login.secret = made.gate.session_secret;
  login.has_secure_cookies = made.gate.has_secure_cookies;
  TRY(oidc::check_options(login));
  made.oidc = std::move(login);
  made.logout_url = flags.logout_url;
  made.management_url = flags.management_url;
  return {};
}

Result<api::ApiOptions> api_options(const Options& options) {
  api::ApiOptions made;
  const auto mode = auth::parse_mode(options.auth_mode);
  if (!mode) return fail(Code::kInvalidArgument, "-auth-mode is tokens, noop or oidc");
  made.gate.mode = *mode;
  made.gate.has_secure_cookies =
      !options.server.tls.cert_file.empty() || options.public_url.starts_with("https://");
  if (!options.root_token_file.empty()) {
    made.gate.root_token =
        trim(TRY(read_file(real_disk(), options.root_token_file, kMaxSmallFile)));
  }
  if (!options.channel_keys_file.empty()) {
    const Bytes keys = TRY(read_file(real_disk(), options.channel_keys_file, kMaxSmallFile));
    made.channel_keys = TRY(channel_metadata::Keyring::from_pem(keys));
  }
  made.title = options.title;
  if (!options.session_secret_file.empty()) {
    made.gate.session_secret =
        trim(TRY(read_file(real_disk(), options.session_secret_file, kMaxSmallFile)));
    if (made.gate.session_secret.size() < kMinSecretBytes) {
      return fail(Code::kInvalidArgument, "-session-secret-file has less than 32 bytes");
    }
  }
  if (*mode == auth::Mode::kOidc) TRY(add_oidc(options, made));
  return made;
}

// Both outlive the server; either may be null.
std::vector<OutsideCounter> counters_of(const Hosting* hosting, const Mirror* mirror) {
  std::vector<OutsideCounter> counters;
  if (hosting != nullptr) {
    counters.push_back({"update_service_hosted_bytes_total", "Bytes of payloads that were sent.",
                        [hosting] { return static_cast<double>(hosting->bytes_served()); }});
  }
  if (mirror == nullptr) return counters;
  counters.push_back({"update_service_mirror_rounds_total", "Times that upstream was asked.",
                      [mirror] { return static_cast<double>(mirror->figures().rounds); }});
  counters.push_back({"update_service_mirror_failures_total",
                      "Channels that could not be brought up to date.",
                      [mirror] { return static_cast<double>(mirror->figures().failures); }});
  counters.push_back({"update_service_mirror_packages_total", "Packages that upstream brought.",
                      [mirror] { return static_cast<double>(mirror->figures().packages); }});
  return counters;
}

Result<std::unique_ptr<Mirror>> open_mirror(UvLoop& loop, Desk& desk, Hosting* hosting,
                                            Options& options) {
  if (!options.mirrors) return nullptr;
  options.mirror.hosted_url = kPackagesPrefix;
  if (!options.sync_keys_file.empty()) {
    const Bytes keys = TRY(read_file(real_disk(), options.sync_keys_file, kMaxSmallFile));
    options.mirror.keys = TRY_CONTEXT(channel_metadata::Keyring::from_pem(keys), "-sync-keys-file");
  }
  return std::make_unique<Mirror>(loop, real_clock(), desk, hosting, options.mirror);
}

json::Value describe(const Mirror& mirror) {
  const MirrorFigures& figures = mirror.figures();
  json::Array troubles(figures.troubles.begin(), figures.troubles.end());
  return json::Object{{"url", mirror.options().upstream},
                      {"interval", to_go_duration(mirror.options().interval)},
                      {"last_round", figures.last_round ? to_rfc3339(*figures.last_round) : ""},
                      {"rounds", figures.rounds},
                      {"failures", figures.failures},
                      {"packages", figures.packages},
                      {"troubles", std::move(troubles)}};
}

std::optional<api::UpstreamView> upstream_view(Mirror* mirror) {
  if (mirror == nullptr) return std::nullopt;
  return api::UpstreamView{.describe = [mirror] { return describe(*mirror); },
                           .sync = [mirror] { mirror->hurry(); }};
}

Result<std::vector<PageFile>> page_files(const std::string& directory) {
  if (directory.empty()) return built_in_files();
  return TRY_CONTEXT(read_page_files(real_disk(), directory), "-http-static-dir");
}

Task<void> run(UvLoop* loop, Server* server, Mirror* mirror, std::optional<Error>* why) {
  if (const auto started = co_await result(server->start()); !started) {
    *why = started.error();
    loop->stop();
    co_return;
  }
  (void)notify_service_manager("READY=1");
  if (mirror != nullptr) co_await mirror->run();
}

Task<void> end(UvLoop* loop, Server* server) {
  (void)notify_service_manager("STOPPING=1");
  (void)co_await result(server->stop());
  loop->stop();
}

// The page looks back for 30 days.
constexpr Duration kLeastHistory = hours(24 * 31);

Result<void> check_ages(const ServerOptions& server) {
  if (server.keep_history == Duration::zero() || server.keep_history >= kLeastHistory) return {};
  return fail(Code::kInvalidArgument, "-keep-history is 0 or at least 744h");
}

Result<void> serve(Options& options) {
  TRY(check_ages(options.server));
  UvLoop loop;
  const auto desk = TRY(Desk::open(loop, {.database = options.database, .steps = all_steps()}));
  options.server.listen = {format("{}:{}", options.host, options.port)};
  options.server.public_url = options.public_url;
  options.server.answer.max_floors = options.max_floors;
  options.server.tls.verify_peer = false;
  options.server.tls.alpn = {"h2", "http/1.1"};
  std::unique_ptr<Hosting> hosting;
  if (options.hosts_packages) {
    hosting = TRY_CONTEXT(Hosting::open(loop, options.packages_path, options.max_download_rate),
                          "the packages' directory");
    options.server.mounts.push_back(
        {std::string(kPackagesPrefix), hosting->handler(std::string(kPackagesPrefix))});
  }
  const std::unique_ptr<Mirror> mirror = TRY(open_mirror(loop, *desk, hosting.get(), options));
  api::ApiOptions operators = TRY(api_options(options));
  operators.upstream = upstream_view(mirror.get());
  operators.database = options.database;
  operators.hosting = hosting.get();
  operators.hosted_url = kPackagesPrefix;
  operators.max_upload = options.max_upload;
  api::Api api(loop, *desk, real_clock(), real_random(), std::move(operators));
  for (const char* path : {"/api", "/login", "/logout", "/config"}) {
    options.server.mounts.push_back({path, api.handler()});
  }
  Page page(TRY(page_files(options.page_directory)));
  options.server.mounts.push_back({"/", page.handler()});
  options.server.counters = counters_of(hosting.get(), mirror.get());
  Server server(loop, loop.network(), real_clock(), *desk, real_disk(), std::move(options.server));
  std::optional<Error> why;
  Scope scope(loop);
  bool is_ending = false;
  for (const int number : {SIGTERM, SIGINT}) {
    loop.on_signal(number, [&] {
      if (std::exchange(is_ending, true)) return loop.stop();
      scope.spawn(end(&loop, &server));
    });
  }
  scope.spawn(run(&loop, &server, mirror.get(), &why));
  loop.run();
  if (why) return fail(*std::move(why));
  return {};
}

int start(const std::vector<std::string>& arguments) {
  Options options;
  cli::FlagSet flags("update-service");
  add_flags(flags, options);
  if (const auto ending = cli::read_command_line(flags, arguments)) {
    std::fputs(ending->out.c_str(), stdout);
    std::fputs(ending->err.c_str(), stderr);
    return ending->code;
  }
  if (const auto read = read_environment(flags, std::getenv); !read) {
    std::fprintf(stderr, "%s\n", read.error().text().c_str());
    return 2;
  }
  const auto begun = start_logging(
      {.level = options.is_debug ? LogLevel::kDebug : LogLevel::kInfo, .as_json = false});
  if (!begun) std::fprintf(stderr, "%s\n", begun.error().text().c_str());
  if (const auto served = serve(options); !served) log_fatal(served.error().text());
  return 0;
}

}  // namespace
}  // namespace argosy::update_service

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return argosy::update_service::start({argv + 1, argv + argc});
}
