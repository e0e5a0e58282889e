// fleetlockd: a FleetLock server on etcd.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/format.h"
#include "base/text.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "io/tls/tls.h"
#include "lib/cli/server_flags.h"
#include "parts/locksmith/fleet/server.h"
#include "sys/log/log.h"

namespace argosy::locksmith {
namespace {

struct Options {
  std::string listen;
  std::string cert_file;
  std::string key_file;
  std::vector<std::string> groups;
  etcd_client::ClientOptions etcd;
};

void add_flags(cli::FlagSet& flags, Options& options) {
  flags.add("listen", options.listen, "0.0.0.0:9090", "Where clients reach it.");
  flags.add("group", options.groups, "default=1",
            "Groups and how many machines of each may be down, as NAME=SLOTS,...");
  flags.add("cert-file", options.cert_file, "", "Certificate, to serve TLS.");
  flags.add("key-file", options.key_file, "", "Its key.");
  flags.add("endpoint", options.etcd.endpoints, "http://127.0.0.1:2379", "URLs of etcd (v3).");
  flags.add("etcd-cafile", options.etcd.ca_file, "", "Authorities that etcd is trusted by.");
  flags.add("etcd-certfile", options.etcd.cert_file, "", "Certificate for etcd.");
  flags.add("etcd-keyfile", options.etcd.key_file, "", "Its key.");
  flags.add("etcd-username", options.etcd.username, "", "User of etcd.");
  flags.add("etcd-password", options.etcd.password, "", "Password of that user.");
}

Result<std::map<std::string, int64_t>> parse_groups(const std::vector<std::string>& texts) {
  std::map<std::string, int64_t> groups;
  for (const std::string& text : texts) {
    const auto sides = cut(text, "=");
    const auto slots = sides ? parse_int(sides->second) : std::nullopt;
    if (!slots || *slots < 0 || !is_group_name(sides->first)) {
      return fail(
          Code::kInvalidArgument,
          format("a group is NAME=SLOTS with a name of [a-zA-Z0-9.-]+, not {}", go_quote(text)));
    }
    groups[std::string(sides->first)] = *slots;
  }
  return groups;
}

Task<void> take_secure(TlsContext* tls, Loop* loop, HttpServer* server,
                       std::unique_ptr<Stream> stream) {
  server->serve(co_await tls->handshake(*loop, std::move(stream), ""));
}

Result<void> serve(const Options& options) {
  UvLoop loop;
  auto client = TRY(etcd_client::Client::make(loop, loop.network(), real_random(), options.etcd));
  FleetLockServer fleet(*client, TRY(parse_groups(options.groups)));
  HttpServer server(loop, {.h2 = {}, .handler = fleet.handler(), .take_h2 = {}});
  Scope scope(loop);
  std::unique_ptr<TlsContext> tls;
  if (!options.cert_file.empty()) {
    tls = TRY(TlsContext::make(true, {.cert_file = options.cert_file,
                                      .key_file = options.key_file,
                                      .verify_peer = false,
                                      .alpn = {"h2", "http/1.1"}}));
  }
  const Endpoint endpoint = TRY(parse_host_port(options.listen));
  const auto listener = TRY(loop.network().listen(endpoint, [&](std::unique_ptr<Stream> stream) {
    if (!tls) return server.serve(std::move(stream));
    scope.spawn(take_secure(tls.get(), &loop, &server, std::move(stream)));
  }));
  for (const int number : {SIGTERM, SIGINT}) loop.on_signal(number, [&loop] { loop.stop(); });
  log_info("serving FleetLock",
           {{"address", options.listen}, {"port", static_cast<int>(listener->port())}});
  loop.run();
  return {};
}

int start(const std::vector<std::string>& arguments) {
  Options options;
  cli::FlagSet flags("fleetlockd");
  add_flags(flags, options);
  if (const auto ending = cli::read_command_line(flags, arguments)) {
    std::fputs(ending->out.c_str(), stdout);
    std::fputs(ending->err.c_str(), stderr);
    return ending->code;
  }
  if (const auto read = cli::read_environment(flags, "FLEETLOCKD", std::getenv); !read) {
    std::fprintf(stderr, "%s\n", read.error().text().c_str());
    return 2;
  }
  const auto begun = start_logging({.as_json = false});
  (void)begun;
  const auto served = serve(options);
  if (!served) log_fatal(served.error().text());
  return 0;
}

}  // namespace
}  // namespace argosy::locksmith

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return argosy::locksmith::start({argv + 1, argv + argc});
}
