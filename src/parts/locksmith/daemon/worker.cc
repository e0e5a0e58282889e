#include "parts/locksmith/daemon/worker.h"

#include "base/format.h"
#include "parts/locksmith/hooks/hooks.h"
#include "parts/locksmith/host/machine_id.h"
#include "parts/locksmith/host/peers.h"
#include "parts/locksmith/host/terminals.h"
#include "sys/file/disk.h"
#include "sys/log/log.h"

namespace argosy::locksmith {
namespace {

LogLevel log_level(Level level) {
  switch (level) {
    case Level::kInfo:
    case Level::kNotice:
      return LogLevel::kInfo;
    case Level::kWarning:
      return LogLevel::kWarn;
    case Level::kError:
      return LogLevel::kError;
    case Level::kFatal:
      return LogLevel::kFatal;
  }
  return LogLevel::kInfo;
}

std::string_view outcome_name(LockOutcome::How how) {
  switch (how) {
    case LockOutcome::How::kDone:
      return "done";
    case LockOutcome::How::kAlready:
      return "already";
    case LockOutcome::How::kFailed:
      return "failed";
    case LockOutcome::How::kNoClient:
      return "no_client";
  }
  return "";
}

void say(LogLevel level, std::string_view text) {
  log_line(level, text, {}, std::source_location::current());
}

}  // namespace

Worker::Worker(UvLoop& loop, const Config& config, std::unique_ptr<Coordinator> coordinator)
    : loop_(loop),
      config_(config),
      coordinator_(std::move(coordinator)),
      before_hooks_(find_hooks(real_disk(), config.root, "before-reboot")),
      after_hooks_(find_hooks(real_disk(), config.root, "after-reboot")),
      began_(loop.now()),
      timer_(loop, [this] { perform(machine_->on_timer(wall())); }),
      old_timer_(loop, [this] { perform(machine_->on_old_timer()); }),
      scope_(loop, [](const Error& error) { log_error("a task ended", {{"error", error}}); }) {
  const std::string id = machine_id(real_disk(), config.root);
  if (config.strategy == "fleet-lock") {
    lock_ = make_fleet_lock(loop, config, id);
  } else {
    lock_ = make_etcd_lock(loop, config, id, [this](const std::vector<HolderNote>& stale) {
      metrics_.gauge("locksmith_stale_holders", "Holders that have the lock for too long.")
          .set(static_cast<double>(stale.size()));
      for (const HolderNote& note : stale) {
        const WallTime since{seconds(note.since_unix_seconds)};
        log_warn("a machine holds the lock for long",
                 {{"machine", note.machine}, {"since", to_rfc3339(since)}});
      }
    });
  }
  MachineSettings settings;
  settings.strategy = config.strategy;
  settings.window = config.window;
  settings.zone = &zone_;
  settings.first_retry = config.first_retry;
  settings.last_retry = config.last_retry;
  settings.login_delay = config.login_delay;
  settings.has_before_hooks = !before_hooks_.empty();
  settings.is_resuming = coordinator_->was_rebooting();
  settings.has_after_hooks =
      !after_hooks_.empty() && !settings.is_resuming && exists(real_disk(), marker());
  machine_.emplace(std::move(settings));
}

std::string Worker::marker() const {
  return join_path(config_.root, "var/lib/locksmith/rebooting");
}

void Worker::start() {
  if (config_.window) {
    log_info(format("Reboot window start is \"{}\" and length is \"{}\"", config_.window_start,
                    config_.window_length));
    const Period next = config_.window->next(wall(), zone_);
    log_info(format("Next window begins at {} and ends at {}", to_rfc3339(next.start),
                    to_rfc3339(next.end)));
  } else {
    log_info("No configured reboot window");
  }
  scope_.spawn(connect());
}

Task<void> Worker::connect() {
  auto bus = co_await result(systemd::Bus::connect(loop_));
  if (!bus) die("Error initializing update1 client", bus.error());
  bus_ = *std::move(bus);
  bus_->on_lost([this](const Error& error) { on_bus_lost(error); });
  perform(machine_->start());
  const auto watching = co_await result(on_update_status(*bus_, [this](UpdateStatus status) {
    log_info(status.text());
    perform(machine_->on_status(status.operation, wall()));
  }));
  if (!watching) die("Error initializing update1 client", watching.error());
  const auto status = co_await result(update_status(*bus_));
  if (!status) die("Cannot get update engine status", status.error());
  perform(machine_->on_status(status->operation, wall()));
}

void Worker::on_bus_lost(const Error& error) {
  // The bus goes before the machine does.
  if (is_going_down_ || machine_->has_ended()) return;
  log_error("the system bus is lost", {{"error", error}});
  end(1);
}

void Worker::die(std::string_view what, const Error& error) {
  log_fatal(format("{}: {}", what, error.text()));
}

void Worker::end(int code) {
  exit_code_ = code;
  loop_.stop();
}

void Worker::perform(const Actions& actions) {
  for (const Action& action : actions) perform_one(action);
}

void Worker::perform_one(const Action& action) {
  using Kind = Action::Kind;
  switch (action.kind) {
    case Kind::kLog:
      return say(log_level(action.level), action.text);
    case Kind::kPublish:
      return publish(action.state);
    case Kind::kWaitOld:
      return old_timer_.arm_after(action.wait);
    case Kind::kWait:
      return timer_.arm_after(action.wait);
    case Kind::kReleaseOld:
      return scope_.spawn(release(true));
    case Kind::kRelease:
      return scope_.spawn(release(false));
    case Kind::kLock:
      return scope_.spawn(lock());
    case Kind::kRunAfterHooks:
      return scope_.spawn(run_after_hooks());
    case Kind::kRunBeforeHooks:
      return scope_.spawn(run_before_hooks());
    case Kind::kAskEtcdActive:
      return scope_.spawn(ask_etcd_active());
    case Kind::kBroadcast:
      return scope_.spawn(tell_logins(action.text));
    case Kind::kReboot:
      return scope_.spawn(ask_reboot());
    case Kind::kExit:
      return end(action.code);
  }
}

void Worker::publish(Coordination state) {
  for (const Coordination each : {Coordination::kStarting, Coordination::kRunning,
                                  Coordination::kRebootPlanned, Coordination::kRebooting}) {
    metrics_
        .gauge("locksmith_state", "1 for what the daemon is at.",
               {{"state", std::string(to_text(each))}})
        .set(each == state ? 1 : 0);
  }
  const auto published = coordinator_->publish(state);
  if (published) return;
  log_error(format("could not update state file to indicate {}: {}", to_text(state),
                   published.error().text()));
}

void Worker::count(std::string_view what, const LockOutcome& outcome) {
  metrics_
      .counter(
          "locksmith_lock_operations_total", "Tries to take or to release the lock.",
          {{"operation", std::string(what)}, {"outcome", std::string(outcome_name(outcome.how))}})
      .add();
}

Task<void> Worker::release(bool is_old) {
  const LockOutcome outcome = co_await lock_->release();
  count("release", outcome);
  perform(is_old ? machine_->on_old_released(outcome, wall())
                 : machine_->on_released(outcome, wall()));
}

Task<void> Worker::lock() {
  const LockOutcome outcome = co_await lock_->take();
  count("take", outcome);
  perform(machine_->on_locked(outcome));
}

Task<void> Worker::ask_etcd_active() {
  const auto is_active = co_await result(is_etcd_active(*bus_));
  if (is_active && *is_active) log_info("etcd is active");
  perform(machine_->on_etcd_active(is_active, wall()));
}

Task<void> Worker::tell_logins(std::string message) {
  const size_t lines =
      co_await on_worker<size_t>(loop_, [root = config_.root, message = std::move(message),
                                         now = wall(), since = loop_.now() - began_] {
        return Result<size_t>(broadcast(root, message, now, since));
      });
  perform(machine_->on_broadcast(lines));
}

Task<void> Worker::ask_reboot() {
  const auto marked = mark_reboot();
  if (!marked) log_error("the hooks after the reboot will not run", {{"error", marked.error()}});
  metrics_.counter("locksmith_reboots_requested_total", "Reboots asked of login1.").add();
  is_going_down_ = true;
  const auto sent = co_await result(reboot(*bus_));
  is_going_down_ = sent.has_value();
  perform(machine_->on_reboot_sent(sent));
}

// -- Hooks.

Result<void> Worker::mark_reboot() {
  if (after_hooks_.empty()) return {};
  TRY(real_disk().make_directories(parent_path(marker()), 0755));
  return replace_file(real_disk(), marker(), "", 0644);
}

Task<void> Worker::run_hooks_of(std::vector<std::string> scripts, std::string_view phase) {
  HookPlan plan{
      std::move(scripts),
      config_.hook_limit,
      {format("LOCKSMITH_PHASE={}", phase), format("LOCKSMITH_STRATEGY={}", config_.strategy),
       format("LOCKSMITH_GROUP={}", config_.store.group)}};
  co_await run_hooks(loop_, std::move(plan), [](std::string_view name, std::string_view line) {
    log_info(format("{}: {}", name, line));
  });
}

Task<void> Worker::run_before_hooks() {
  const auto outcome = co_await result(run_hooks_of(before_hooks_, "before-reboot"));
  perform(machine_->on_before_hooks(outcome));
}

Task<void> Worker::run_after_hooks() {
  auto outcome = co_await result(run_hooks_of(after_hooks_, "after-reboot"));
  if (outcome) outcome = real_disk().remove(marker());
  perform(machine_->on_after_hooks(outcome, wall()));
}

}  // namespace argosy::locksmith
