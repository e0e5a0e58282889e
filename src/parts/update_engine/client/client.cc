#include "parts/update_engine/client/client.h"

#include <cstdio>

#include "base/format.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "parts/update_engine/client/manager.h"
#include "sys/file/disk.h"

namespace argosy::update_engine {
namespace {

constexpr int kTries = 4;
constexpr auto kRetryPause = seconds(10);
constexpr auto kPollInterval = seconds(5);

void say(std::string_view text) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

bool is_flatcar(const ClientOptions& options) {
  if (!options.family.empty()) return options.family == "flatcar";
  return exists(real_disk(), "/usr/share/flatcar") || exists(real_disk(), "/etc/flatcar");
}

class Run {
 public:
  Run(UvLoop& loop, const ClientOptions& options)
      : loop_(loop), options_(options), scope_(loop, [this](const Error& error) {
          say(error.text());
          end(1);
        }) {}

  void start() { scope_.spawn(serve()); }
  int code() const { return code_; }

 private:
  Task<void> serve();
  // False when there is none, after all tries.
  Task<bool> find();
  Task<void> reset();
  Task<void> print_status();
  Task<void> check();
  Task<void> complete();
  Task<void> watch();
  // Also prints it.
  Task<ToldStatus> print_current();

  void end(int code) {
    code_ = code;
    loop_.stop();
  }
  Duration shortened(Duration wait) const { return wait / options_.time_divisor; }

  UvLoop& loop_;
  const ClientOptions& options_;
  std::unique_ptr<systemd::Bus> bus_;
  std::optional<Manager> manager_;
  int code_ = 1;
  Scope scope_;
};

Task<void> Run::serve() {
  auto bus = co_await result(systemd::Bus::connect(loop_));
  if (!bus) {
    say("Failed to get bus: " + bus.error().text());
    co_return end(1);
  }
  bus_ = *std::move(bus);
  bus_->on_lost([this](const Error& error) {
    say("The bus is lost: " + error.text());
    end(1);
  });
  manager_.emplace(*bus_);
  if (options_.reset_status) {
    co_await reset();
  } else if (options_.status) {
    co_await print_status();
  } else if (options_.check_for_update || options_.update) {
    co_await check();
  } else {
    co_await watch();
  }
}

Task<bool> Run::find() {
  for (int i = 0; i < kTries; ++i) {
    if (i > 0) {
      say(format("Retrying to get dbus proxy. Try {}/{}", i + 1, kTries));
      co_await sleep_for(loop_, shortened(kRetryPause));
    }
    const auto found = co_await result(manager_->find());
    if (found) co_return true;
    say("Error getting dbus proxy for com.coreos.update1: " + found.error().text());
  }
  say("Giving up -- unable to get dbus proxy for com.coreos.update1");
  end(1);
  co_return false;
}

Task<void> Run::reset() {
  say("Setting Update Engine status to idle ...");
  if (!co_await find()) co_return;
  const auto done = co_await result(manager_->reset_status());
  if (!done) {
    say("ResetStatus failed.");
    co_return end(1);
  }
  say("ResetStatus succeeded; to undo partition table changes run:\n"
      "(D=$(rootdev -d) P=$(rootdev -s); cgpt p -i$(($(echo ${P#$D} "
      "| sed 's/^[^0-9]*//')-1)) $D;)");
  end(0);
}

Task<ToldStatus> Run::print_current() {
  const ToldStatus status = co_await manager_->status();
  const std::string lines = lines_of(status);
  std::fwrite(lines.data(), 1, lines.size(), stdout);
  std::fflush(stdout);
  co_return status;
}

Task<void> Run::print_status() {
  say("Querying Update Engine status...");
  if (!co_await find()) co_return;
  const auto status = co_await result(print_current());
  if (!status) {
    say("Error getting status: " + status.error().text());
    say("GetStatus failed.");
  }
  end(status ? 0 : 1);
}

Task<void> Run::check() {
  say("Initiating update check and install.");
  if (!co_await find()) co_return;
  const auto asked = co_await result(manager_->attempt_update());
  if (!asked) {
    say("Error checking for update: " + asked.error().text());
    co_return end(1);
  }
  if (!options_.update) co_return end(0);
  say("Waiting for update to complete.");
  co_await complete();
}

Task<void> Run::complete() {
  const std::string_view idle = name_of(Status::kIdle);
  const std::string_view done = name_of(Status::kUpdatedNeedReboot);
  std::string operation;
  while (operation != idle && operation != done) {
    co_await sleep_for(loop_, shortened(kPollInterval));
    if (!co_await find()) co_return;
    const auto status = co_await result(print_current());
    // The daemon may have gone just now: the next find() says for how long.
    if (!status) say("Error getting status: " + status.error().text());
    operation = status ? status->operation : "";
  }
  if (operation == done) {
    say("Update succeeded -- reboot needed.");
    co_return end(0);
  }
  say(is_flatcar(options_) ? "No update available" : "Update failed.");
  end(is_flatcar(options_) ? 0 : 1);
}

Task<void> Run::watch() {
  say("Watching for status updates.");
  if (!co_await find()) co_return;
  co_await manager_->watch([](const ToldStatus& status) {
    say("Got status update:");
    say(format("  last_checked_time: {}", status.last_checked_time));
    say(format("  progress: {:g}", status.progress));
    say("  current_operation: " + status.operation);
    say("  new_version: " + status.new_version);
    say(format("  new_size: {}", status.new_size));
  });
}

}  // namespace

int run_client(const ClientOptions& options) {
  const bool asks = options.reset_status || options.status || options.check_for_update ||
                    options.update || options.watch_for_updates;
  if (!asks) {
    say("Done.");
    return 0;
  }
  UvLoop loop;
  Run run(loop, options);
  loop.post([&run] { run.start(); });
  loop.run();
  return run.code();
}

}  // namespace argosy::update_engine
