#include "parts/locksmith/strategy/machine.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"
#include "base/text.h"

namespace argosy::locksmith {
namespace {

using Kind = Action::Kind;
using How = LockOutcome::How;

// A reboot that was asked for and did not come in this time never will.
constexpr Duration kRebootLimit = hours(24 * 7);

Action act(Kind kind) {
  return {.kind = kind};
}
Action log(Level level, std::string text) {
  return {.kind = Kind::kLog, .text = std::move(text), .level = level};
}
Action wait(Kind kind, Duration duration) {
  return {.kind = kind, .wait = duration};
}

Actions operator+(Actions first, Actions second) {
  for (Action& action : second) first.push_back(std::move(action));
  return first;
}

}  // namespace

Machine::Machine(MachineSettings settings) : settings_(std::move(settings)) {
  if (settings_.strategy.empty()) settings_.strategy = "reboot";
  check(!settings_.window || settings_.zone != nullptr, "a window has a zone");
}

// Once a reboot was asked for, the file says so until the machine has gone down.
Action Machine::publish(Coordination state) const {
  return {.kind = Kind::kPublish,
          .state = settings_.is_resuming ? Coordination::kRebooting : state};
}

bool Machine::takes_lock() const {
  return settings_.strategy == "etcd-lock" || settings_.strategy == "fleet-lock" ||
         settings_.strategy == "best-effort";
}

Duration Machine::longer(Duration interval) const {
  return std::min(settings_.last_retry, interval * 2);
}

Actions Machine::exit(int code, Level level, std::string text) {
  phase_ = Phase::kEnded;
  return {log(level, std::move(text)), {.kind = Kind::kExit, .code = code}};
}

Actions Machine::start() {
  if (settings_.strategy == "off") {
    return exit(0, Level::kNotice, "Reboot strategy is \"off\" - locksmithd is exiting.");
  }
  Actions actions{publish(Coordination::kStarting)};
  const bool releases = takes_lock() && !settings_.is_resuming;
  if (releases || settings_.has_after_hooks) {
    old_ = Old::kPausing;
    old_interval_ = settings_.first_retry;
    actions.push_back(wait(Kind::kWaitOld, old_interval_));
  }
  return actions;
}

Actions Machine::on_signal() {
  return exit(0, Level::kNotice, "Received interrupt/termination signal - locksmithd is exiting.");
}

Actions Machine::on_status(std::string_view operation, WallTime now) {
  Actions actions;
  if (phase_ == Phase::kAsking) {
    phase_ = Phase::kWatching;
    actions = {log(Level::kInfo, format("locksmithd starting currentOperation={} strategy={}",
                                        go_quote(operation), go_quote(settings_.strategy))),
               publish(Coordination::kRunning)};
  }
  if (phase_ != Phase::kWatching || operation != kNeedReboot) return actions;
  return std::move(actions) + due(now);
}

// -- The lock of before the boot.

Actions Machine::on_old_timer() {
  if (old_ != Old::kPausing) return {};
  if (settings_.has_after_hooks) {
    old_ = Old::kHooks;
    return {act(Kind::kRunAfterHooks)};
  }
  old_ = Old::kReleasing;
  return {act(Kind::kReleaseOld)};
}

Actions Machine::on_after_hooks(const Result<void>& outcome, WallTime now) {
  check(old_ == Old::kHooks);
  if (!outcome) {
    Actions failed = old_failed(outcome.error().text());
    return phase_ == Phase::kFinishing ? old_done(now) : failed;
  }
  settings_.has_after_hooks = false;
  if (!takes_lock() || settings_.is_resuming) return old_done(now);
  old_ = Old::kReleasing;
  return {act(Kind::kReleaseOld)};
}

Actions Machine::on_old_released(const LockOutcome& outcome, WallTime now) {
  check(old_ == Old::kReleasing);
  if (outcome.how == How::kAlready) return old_done(now);
  if (outcome.how == How::kDone) {
    return Actions{log(Level::kInfo, "Unlocked existing lock for this machine")} + old_done(now);
  }
  const std::string why =
      outcome.how == How::kNoClient ? "error setting up lock: " + outcome.text : outcome.text;
  Actions failed = old_failed(why);
  return phase_ == Phase::kFinishing ? old_done(now) : failed;
}

Actions Machine::old_failed(const std::string& why) {
  old_ = Old::kPausing;
  old_interval_ = longer(old_interval_);
  return {log(Level::kError, format("Unlocking old locks failed: {}. Retrying in {}.", why,
                                    to_go_duration(old_interval_))),
          wait(Kind::kWaitOld, old_interval_)};
}

// Also when it failed and a reboot is due: that releases the lock itself.
Actions Machine::old_done(WallTime now) {
  old_ = Old::kDone;
  return phase_ == Phase::kFinishing ? plan(now) : Actions();
}

// -- The reboot.

Actions Machine::due(WallTime now) {
  interval_ = settings_.first_retry;
  phase_ = Phase::kFinishing;
  if (old_ == Old::kHooks || old_ == Old::kReleasing) return {};
  old_ = Old::kDone;
  return plan(now);
}

Actions Machine::plan(WallTime now) {
  if (settings_.window) {
    const Duration left = settings_.window->until_start(now, *settings_.zone);
    if (left > Duration(0)) {
      phase_ = Phase::kAwaitingWindow;
      return {log(Level::kInfo, format("Waiting for {} to reboot.", to_go_duration(left))),
              wait(Kind::kWait, left)};
    }
  }
  return go(now);
}

Actions Machine::go(WallTime now) {
  Actions actions{publish(Coordination::kRebootPlanned)};
  const std::string& strategy = settings_.strategy;
  if (strategy == "reboot") return std::move(actions) + drain_or_notify();
  if (strategy == "best-effort") {
    phase_ = Phase::kDeciding;
    actions.push_back(act(Kind::kAskEtcdActive));
    return actions;
  }
  if (!takes_lock()) {
    return std::move(actions) + exit(1, Level::kError, "unknown strategy: " + strategy);
  }
  return std::move(actions) + on_etcd_active(true, now);
}

Actions Machine::on_etcd_active(const Result<bool>& is_active, WallTime now) {
  if (!is_active) {
    return exit(1, Level::kError, "Failed to set up lock: " + is_active.error().text());
  }
  if (!*is_active) return Actions{log(Level::kInfo, "etcd is inactive")} + drain_or_notify();
  uses_lock_ = true;
  if (settings_.is_resuming) return lock_in_window(now);
  phase_ = Phase::kReleasing;
  return {act(Kind::kRelease)};
}

Actions Machine::on_released(const LockOutcome& outcome, WallTime now) {
  if (phase_ == Phase::kBackingOut) {
    const bool failed = outcome.how == How::kFailed || outcome.how == How::kNoClient;
    return retry(Level::kWarning, failed ? "Failed to give the lock back: " + outcome.text
                                         : std::string("Gave the lock back"));
  }
  check(phase_ == Phase::kReleasing);
  switch (outcome.how) {
    case How::kNoClient:
      return exit(1, Level::kError, "Failed to set up lock: " + outcome.text);
    case How::kFailed:
      return exit(1, Level::kError, "Failed to unlock held lock: " + outcome.text);
    case How::kDone:
      return Actions{log(Level::kInfo, "Unlocked existing lock for this machine")} +
             lock_in_window(now);
    case How::kAlready:
      break;
  }
  return lock_in_window(now);
}

Actions Machine::lock_in_window(WallTime now) {
  if (settings_.window) {
    const Duration left = settings_.window->until_start(now, *settings_.zone);
    if (left > Duration(0)) {
      phase_ = Phase::kRetrying;
      return {log(Level::kInfo, format("Waiting for {} to reboot.", to_go_duration(left))),
              wait(Kind::kWait, left)};
    }
  }
  phase_ = Phase::kLocking;
  return {act(Kind::kLock)};
}

Actions Machine::on_locked(const LockOutcome& outcome) {
  check(phase_ == Phase::kLocking);
  if (outcome.how == How::kDone || outcome.how == How::kAlready) return drain_or_notify();
  return retry(Level::kWarning, "Failed to acquire lock: " + outcome.text);
}

Actions Machine::retry(Level level, const std::string& text) {
  phase_ = Phase::kRetrying;
  interval_ = longer(interval_);
  return {log(level, format("{}. Retrying in {}.", text, to_go_duration(interval_))),
          wait(Kind::kWait, interval_)};
}

Actions Machine::drain_or_notify() {
  if (!settings_.has_before_hooks) return notify();
  phase_ = Phase::kDraining;
  return {act(Kind::kRunBeforeHooks)};
}

Actions Machine::on_before_hooks(const Result<void>& outcome) {
  check(phase_ == Phase::kDraining);
  if (outcome) return notify();
  Actions failed{log(Level::kError, outcome.error().text())};
  // A reboot that was asked for already may come: then the lock is still needed.
  if (uses_lock_ && !settings_.is_resuming) {
    phase_ = Phase::kBackingOut;
    failed.push_back(act(Kind::kRelease));
    return failed;
  }
  return std::move(failed) + retry(Level::kWarning, "The reboot has to wait");
}

Actions Machine::notify() {
  phase_ = Phase::kNotifying;
  const auto delay = std::chrono::duration_cast<minutes>(settings_.login_delay).count();
  return {{.kind = Kind::kBroadcast, .text = format("System reboot in {} minutes!", delay)}};
}

Actions Machine::on_broadcast(size_t lines) {
  check(phase_ == Phase::kNotifying);
  if (lines == 0) return ask_reboot();
  phase_ = Phase::kDelaying;
  const auto delay = std::chrono::duration_cast<minutes>(settings_.login_delay).count();
  return {log(Level::kNotice, format("Logins detected, delaying reboot for {} minutes.", delay)),
          wait(Kind::kWait, settings_.login_delay)};
}

// The file is written first: a daemon that is started again while the machine goes down
// must not release the lock.
Actions Machine::ask_reboot() {
  phase_ = Phase::kRebooting;
  return {publish(Coordination::kRebooting), act(Kind::kReboot)};
}

Actions Machine::on_reboot_sent(const Result<void>& outcome) {
  check(phase_ == Phase::kRebooting);
  if (!outcome) {
    phase_ = Phase::kAskingAgain;
    interval_ = longer(interval_);
    return {log(Level::kError, format("Failed to reboot: {}. Retrying in {}.",
                                      outcome.error().text(), to_go_duration(interval_))),
            wait(Kind::kWait, interval_)};
  }
  phase_ = Phase::kGoingDown;
  return {log(Level::kInfo, "Reboot sent. Going to sleep."), wait(Kind::kWait, kRebootLimit)};
}

Actions Machine::on_timer(WallTime now) {
  switch (phase_) {
    case Phase::kAwaitingWindow:
      return plan(now);
    case Phase::kRetrying:
      return uses_lock_ ? lock_in_window(now) : plan(now);
    case Phase::kDelaying:
    case Phase::kAskingAgain:
      return ask_reboot();
    case Phase::kGoingDown:
      return exit(1, Level::kFatal, "Tried to reboot but did not!");
    default:
      return {};
  }
}

}  // namespace argosy::locksmith
