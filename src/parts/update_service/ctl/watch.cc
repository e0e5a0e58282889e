#include "parts/update_service/ctl/watch.h"

#include <cstdlib>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "io/task/scope.h"
#include "sys/process/process.h"

namespace argosy::update_service::ctl {
namespace {

using omaha::EventResult;
using omaha::EventType;

// As execvp(3) finds it.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  for (const std::string_view directory : split(path != nullptr ? path : "/usr/bin:/bin", ':')) {
    const std::string candidate = format("{}/{}", directory.empty() ? "." : directory, name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return name;
}

std::vector<std::string> our_environment() {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each) {
    if (!std::string_view(*each).starts_with("UPDATE_SERVICE_")) all.emplace_back(*each);
  }
  return all;
}

Result<ExitStatus> run_command(const WatchOptions& options, const Told& told) {
  std::vector<std::string> environment = our_environment();
  for (std::string& one : change_environment(options.machine, told)) {
    environment.push_back(std::move(one));
  }
  Process process = TRY(spawn({.program = find_program(options.command.front()),
                               .arguments = options.command,
                               .environment = std::move(environment)}));
  while (true) {
    if (const auto status = TRY(process.wait(hours(1)))) return *status;
  }
}

struct Watch {
  UvLoop loop{};
  const Client& client;
  WatchOptions options;
  const std::function<void(std::string_view)>& complain;
  std::string failed_version{};  // is not tried again
  Result<void> outcome{};
};

Task<void> report(Watch* watch, EventResult result_of, std::string previous) {
  omaha::Event event = event_of(EventType::kUpdateComplete, result_of);
  event.previous_version = std::move(previous);
  const auto told =
      co_await result(tell(watch->loop, watch->client, watch->options.machine, {.event = event}));
  if (!told) watch->complain(format("the outcome was not reported: {}\n", told.error().text()));
}

Task<void> follow(Watch* watch, Told told) {
  Machine& machine = watch->options.machine;
  const ExitStatus status = co_await run_command(watch->options, told);
  if (!status.is_success()) {
    watch->complain(
        format("{} for {}: {}\n", watch->options.command.front(), told.version, status.text()));
    watch->failed_version = told.version;
    co_await report(watch, EventResult::kError, machine.version);
    co_return;
  }
  const std::string previous = std::exchange(machine.version, told.version);
  co_await report(watch, EventResult::kSuccessReboot, previous == "0.0.0.0" ? "0.0.0" : previous);
}

Task<void> look(Watch* watch, bool is_first) {
  const Machine& machine = watch->options.machine;
  const auto told = co_await result(tell(watch->loop, watch->client, machine, {.checks = true}));
  if (!told) {
    if (is_first) co_await failure(told.error());
    watch->complain(format("warning: update check failed ({})\n", told.error().text()));
    co_return;
  }
  const bool is_new = told->is_update() && told->version != machine.version &&
                      told->version != watch->failed_version;
  if (is_new) co_await follow(watch, *told);
}

Task<void> run(Watch* watch) {
  const uint64_t most = watch->options.checks;
  for (uint64_t turn = 0; most == 0 || turn < most; ++turn) {
    if (turn > 0) co_await sleep_for(watch->loop, watch->options.interval);
    watch->outcome = co_await result(look(watch, turn == 0));
    if (!watch->outcome) break;
  }
  watch->loop.stop();
}

}  // namespace

std::vector<std::string> change_environment(const Machine& machine, const Told& told) {
  std::vector<std::string> all = {"UPDATE_SERVICE_VERSION=" + told.version,
                                  "UPDATE_SERVICE_APP_ID=" + machine.application,
                                  "UPDATE_SERVICE_OLD_VERSION=" + machine.version};
  if (!told.url.empty()) all.push_back("UPDATE_SERVICE_URL=" + told.url);
  return all;
}

Result<void> watch(const Client& client, WatchOptions options,
                   const std::function<void(std::string_view)>& complain) {
  Watch watch{.client = client, .options = std::move(options), .complain = complain};
  Scope scope(watch.loop);
  scope.spawn(run(&watch));
  watch.loop.run();
  return std::move(watch.outcome);
}

}  // namespace argosy::update_service::ctl
