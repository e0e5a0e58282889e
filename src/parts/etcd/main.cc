// etcd: configuration, one server, signals.
#include <csignal>
#include <cstdio>
#include <unistd.h>

#include "parts/etcd/config/config.h"
#include "parts/etcd/server/server.h"
#include "sys/log/log.h"
#include "sys/notify/notify.h"

namespace argosy::etcd {
namespace {

config::Environment environment() {
  config::Environment variables;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with("ETCD_")) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

void print_version() {
  std::printf("etcd Version: %s\nGit SHA: argosy\nGo Version: none (C++)\nGo OS/Arch: linux/%s\n",
              std::string(member::kServerVersion).c_str(),
#if defined(__x86_64__)
              "amd64"
#else
              "arm64"
#endif
  );
}

[[noreturn]] void die(const Error& error) {
  log_fatal("discovery or startup failed", {{"error", error}});
}

Task<void> run(UvLoop& loop, server::Server& server) {
  const auto started = co_await result(server.start());
  if (!started) die(started.error());
  const auto told = notify_service_manager("READY=1");
  if (!told) log_warn("cannot notify the service manager", {{"error", told.error()}});
  (void)loop;
}

Task<void> stop(UvLoop& loop, server::Server& server, int number) {
  const auto told = notify_service_manager("STOPPING=1");
  (void)told;
  co_await result(server.stop());
  log_info("stopped", {{"signal", number}});
  // Parents of the original see it die by the signal; so do ours.
  std::signal(number, SIG_DFL);
  ::kill(::getpid(), number);
  loop.stop();
}

int serve(config::Config config) {
  LogOptions logging;
  const auto level = parse_log_level(config.log_level);
  if (level) logging.level = *level;
  logging.outputs = config.log_outputs;
  if (const auto begun = start_logging(logging); !begun) die(begun.error());
  for (const std::string& warning : config.warnings) log_warn(warning);
  UvLoop loop;
  server::Server server(loop, std::move(config));
  Scope scope(loop);
  bool stopping = false;
  for (const int number : {SIGTERM, SIGINT}) {
    loop.on_signal(number, [&, number] {
      if (std::exchange(stopping, true)) return;
      log_info("received signal; shutting down", {{"signal", number}});
      scope.spawn(stop(loop, server, number));
    });
  }
  scope.spawn(run(loop, server));
  loop.run();
  return 0;
}

int start(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  auto parsed = config::parse(arguments, environment());
  if (!parsed) {
    const std::string text = parsed.error().text();
    const bool is_flag_error = text.starts_with("flags: ");
    if (is_flag_error) {
      std::fprintf(stderr, "%s\nRun 'etcd --help' for usage.\n",
                   text.substr(std::string_view("flags: ").size()).c_str());
      return 2;
    }
    std::fprintf(stderr, "error verifying flags, %s. See 'etcd --help'.\n", text.c_str());
    return 1;
  }
  switch (parsed->action) {
    case config::Parsed::Action::kPrintHelp:
      std::printf("%s", parsed->help.c_str());
      return 0;
    case config::Parsed::Action::kPrintVersion:
      print_version();
      return 0;
    case config::Parsed::Action::kRun:
      break;
  }
  return serve(std::move(parsed->config));
}

}  // namespace
}  // namespace argosy::etcd

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return argosy::etcd::start(argc, argv);
}
