// serve-package: one payload for whoever asks, as go-omaha's program of this name does.
#include <csignal>
#include <cstdio>

#include "base/format.h"
#include "io/http/server.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "lib/cli/server_flags.h"
#include "lib/omaha/server.h"
#include "parts/update_service/hosting/hosting.h"
#include "sys/file/disk.h"
#include "sys/log/log.h"

namespace argosy::update_service {
namespace {

constexpr std::string_view kPackagePath = "/packages/update.gz";

// The same answer for every application: the package, unless it runs its version.
class OnePackage final : public omaha::Updater {
 public:
  OnePackage(std::string version, HostedFile file)
      : version_(std::move(version)), file_(std::move(file)) {}

  std::string check_app(const omaha::AppContext&) override {
    return std::string(omaha::app_status::kOk);
  }
  omaha::Update check_update(const omaha::AppContext& context) override {
    if (context.app.version == version_) {
      return {.status = std::string(omaha::update_status::kNoUpdate)};
    }
    omaha::Manifest manifest;
    manifest.version = version_;
    manifest.packages.push_back({.name = "update.gz",
                                 .sha1 = file_.sha1,
                                 .sha256 = file_.sha256,
                                 .size = file_.size,
                                 .is_required = true});
    omaha::Action action;
    action.event = "postinstall";
    action.sha256 = file_.sha256;
    action.disables_backoff = true;
    manifest.actions.push_back(action);
    return {.status = std::string(omaha::update_status::kOk),
            .urls = {"/packages/"},
            .manifests = {manifest}};
  }
  void ping(const omaha::AppContext&) override {}
  void event(const omaha::AppContext& context, const omaha::Event& event) override {
    log_info("event", {{"machine", context.app.machine_id},
                       {"type", omaha::text_of(event.type)},
                       {"result", omaha::text_of(event.result)},
                       {"error", event.error_code}});
  }

 private:
  std::string version_;
  HostedFile file_;
};

struct Options {
  std::string listen;
  std::string package_file;
  std::string package_version;
};

struct Served {
  OnePackage& updater;
  Hosting& hosting;
  std::string file_name;
};

Task<void> serve_one(Served& served, Exchange& exchange) {
  const RequestHead& head = exchange.head();
  if (head.path() == kPackagePath) {
    co_await served.hosting.serve(exchange, served.file_name);
    co_return;
  }
  if (!omaha::is_update_path(head.path())) {
    exchange.respond_text(404, "404 page not found");
    co_return;
  }
  const auto body = co_await result(exchange.read_all(omaha::kMaxRequestBytes));
  const omaha::HttpReply reply =
      omaha::answer({.method = head.method,
                     .content_type = head.headers.value_of("content-type"),
                     .host = head.host,
                     .body = body ? BytesView(*body) : BytesView()},
                    served.updater, "go-omaha");
  if (!reply.log.empty()) log_warn(reply.log);
  exchange.respond(reply.status, reply.content_type, reply.body);
}

std::string file_name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

Task<void> serve_package(UvLoop* loop, const Options* options) {
  const auto hosting = co_await Hosting::open(*loop, parent_path(options->package_file));
  const std::string name = file_name_of(options->package_file);
  OnePackage updater(options->package_version, co_await hosting->describe(name));
  Served served{updater, *hosting, name};
  HttpServer server(*loop,
                    {.h2 = {},
                     .handler = [&](Exchange& exchange) { return serve_one(served, exchange); },
                     .take_h2 = {}});
  const std::string address =
      options->listen.starts_with(':') ? "0.0.0.0" + options->listen : options->listen;
  const auto endpoint = co_await parse_host_port(address);
  const auto listener = co_await loop->network().listen(
      endpoint, [&](std::unique_ptr<Stream> stream) { server.serve(std::move(stream)); });
  log_info("serving", {{"package", options->package_file},
                       {"version", options->package_version},
                       {"port", static_cast<int>(listener->port())}});
  Wakeup never(*loop);
  co_await never.wait();
}

Task<void> until_it_fails(UvLoop* loop, const Options* options, std::optional<Error>* why) {
  const auto ended = co_await result(serve_package(loop, options));
  if (!ended) *why = ended.error();
  loop->stop();
}

int start(const std::vector<std::string>& arguments) {
  Options options;
  cli::FlagSet flags("serve-package");
  flags.add("listen-address", options.listen, ":8000", "Host and IP to listen on.");
  flags.add("package-file", options.package_file, "", "Path to the update payload.");
  flags.add("package-version", options.package_version, "", "Semantic version of the package.");
  if (const auto ending = cli::read_command_line(flags, arguments)) {
    std::fputs(ending->out.c_str(), stdout);
    std::fputs(ending->err.c_str(), stderr);
    return ending->code;
  }
  if (options.package_file.empty() || options.package_version.empty()) {
    std::fprintf(stderr, "-package-file and -package-version must be given\n");
    return 2;
  }
  const auto begun = start_logging({.as_json = false});
  if (!begun) std::fprintf(stderr, "%s\n", begun.error().text().c_str());
  UvLoop loop;
  std::optional<Error> why;
  Scope scope(loop);
  for (const int number : {SIGTERM, SIGINT}) loop.on_signal(number, [&] { loop.stop(); });
  scope.spawn(until_it_fails(&loop, &options, &why));
  if (!why) loop.run();
  if (why) log_fatal(why->text());
  return 0;
}

}  // namespace
}  // namespace argosy::update_service

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return argosy::update_service::start({argv + 1, argv + argc});
}
