#include "parts/locksmith/daemon/daemon.h"

#include <csignal>

#include "io/http/server.h"
#include "io/loop/uv_loop.h"
#include "io/net/stream.h"
#include "parts/locksmith/daemon/worker.h"
#include "sys/file/disk.h"
#include "sys/log/log.h"

namespace argosy::locksmith {
namespace {

Task<void> serve_metrics(Metrics* metrics, Exchange* exchange) {
  if (exchange->head().path() == "/metrics") {
    exchange->respond(200, Metrics::kContentType, metrics->page());
  } else {
    exchange->respond_text(404, "404 page not found");
  }
  co_return;
}

// A page for Prometheus, where the settings ask for one.
struct MetricsPage {
  MetricsPage(UvLoop& loop, Metrics& metrics)
      : server(loop,
               {.h2 = {},
                .handler =
                    [&metrics](Exchange& exchange) { return serve_metrics(&metrics, &exchange); },
                .take_h2 = {}}) {}

  Result<void> listen(UvLoop& loop, const std::string& address) {
    const Endpoint endpoint = TRY(parse_host_port(address));
    listener = TRY(loop.network().listen(
        endpoint, [this](std::unique_ptr<Stream> stream) { server.serve(std::move(stream)); }));
    return {};
  }

  HttpServer server;
  std::unique_ptr<Listener> listener;
};

int serve(const Config& config, std::unique_ptr<Coordinator> coordinator) {
  UvLoop loop;
  Worker worker(loop, config, std::move(coordinator));
  std::optional<MetricsPage> page;
  if (!config.metrics_listen.empty()) {
    page.emplace(loop, worker.metrics());
    const auto listening = page->listen(loop, config.metrics_listen);
    if (!listening) log_fatal("cannot serve metrics", {{"error", listening.error()}});
  }
  for (const int number : {SIGTERM, SIGINT}) {
    loop.on_signal(number, [&worker] { worker.on_signal(); });
  }
  loop.post([&worker] { worker.start(); });
  loop.run();
  return worker.exit_code();
}

}  // namespace

int run_daemon(const Options& options, const Environment& environment) {
  LogOptions logging;
  logging.as_json = false;
  logging.level = options.debug ? LogLevel::kDebug : LogLevel::kInfo;
  const auto begun = start_logging(logging);
  (void)begun;
  if (value_of(environment, "REBOOT_STRATEGY") == "off") {
    log_info("Reboot strategy is \"off\" - locksmithd is exiting.");
    return 0;
  }
  const auto config = make_config(options, environment);
  if (!config) log_fatal(config.error().text());
  auto coordinator = Coordinator::take(real_disk(), config->root, config->strategy);
  if (!coordinator) {
    log_fatal("unable to become 'update coordinator': " + coordinator.error().text());
  }
  return serve(*config, *std::move(coordinator));
}

}  // namespace argosy::locksmith
