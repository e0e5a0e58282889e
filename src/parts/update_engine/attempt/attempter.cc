#include "parts/update_engine/attempt/attempter.h"

#include "base/format.h"
#include "parts/update_engine/prefs/prefs.h"

namespace argosy::update_engine {
namespace {

constexpr auto kEmissionInterval = seconds(10);
constexpr double kEmissionStep = 0.01;

std::string formatted(int whole_seconds) {
  return to_go_duration(seconds(whole_seconds));
}

}  // namespace

Attempter::Attempter(Situation situation, KeptValues prefs, bool has_marker)
    : situation_(std::move(situation)), memory_(std::move(prefs)) {
  // Only a reset forgets the version; the marker alone can be missing after a crash.
  const bool is_complete =
      was_completed_in_this_boot() && memory_.find(prefs::kCompletedVersion).has_value();
  if (is_complete && !has_marker) actions_.push_back({.kind = Action::Kind::kMark});
  if (!has_marker && !is_complete) return;
  report_.status = Status::kUpdatedNeedReboot;
  // Marking what runs as good would take the next boot from what was installed.
  is_good_root_done_ = true;
}

Actions Attempter::start(const Now& now) {
  payload_ = PayloadState(load_payload_state(memory_, now.wall));
  if (!memory_.find(prefs::kAlephVersion)) {
    memory_.keep(actions_, prefs::kAlephVersion, situation_.config.app_version);
  }
  look_for_fallback();
  if (situation_.is_official) {
    const Interval first = first_interval();
    last_check_.interval_seconds = first.seconds;
    is_scheduled_ = true;
    const int delay = delay_seconds(first, now.chance);
    actions_.push_back({.kind = Action::Kind::kWait, .wait = seconds(delay)});
    log(Level::kInfo, format("Next update check in {}", formatted(delay)));
  } else {
    log(Level::kWarning, "Non-official build: periodic update checks disabled.");
  }
  emit(now);
  return take();
}

// The slot of the update was tried by a boot since, and this is the old version again.
void Attempter::look_for_fallback() {
  const std::string_view previous = memory_.text(prefs::kPreviousVersion);
  if (previous.empty() || previous != situation_.config.app_version) return;
  if (was_completed_in_this_boot()) return;
  log(Level::kError, format("Rollback detected, still running {} after update.", previous));
  const std::string bad(memory_.text(prefs::kCompletedVersion));
  if (bad.empty()) return;
  memory_.keep(actions_, prefs::kBadVersion, bad);
  log(Level::kError, format("Version {} did not hold and will not be installed again.", bad));
}

bool Attempter::was_completed_in_this_boot() const {
  return memory_.find(prefs::kCompletedBoot) == situation_.boot_id;
}

Actions Attempter::on_good_root_due() {
  if (is_good_root_running_) {
    log(Level::kInfo, "Update boot flags running, nothing to do.");
  } else if (is_good_root_done_) {
    log(Level::kInfo, "Already updated boot flags. Skipping.");
  } else {
    log(Level::kInfo, "Updating boot flags...");
    is_good_root_running_ = true;
    actions_.push_back({.kind = Action::Kind::kMarkGood});
  }
  return take();
}

Actions Attempter::on_good_root(GoodRoot outcome, const Now& now) {
  is_good_root_running_ = false;
  is_good_root_done_ = outcome != GoodRoot::kUnhealthy;
  if (phase_ != Phase::kMarkingGood) return take();
  if (is_good_root_done_) {
    check();
  } else {
    // The other slot may be the only one that works.
    log(Level::kError, "This version is not healthy: the other slot is not written to.");
    come_to_rest(Status::kIdle, now);
  }
  return take();
}

Actions Attempter::on_timer(Situation situation, const Now& now) {
  is_scheduled_ = false;
  // Otherwise it is armed again when what is under way has ended.
  if (phase_ != Phase::kResting) return take();
  situation_ = std::move(situation);
  attempt(false, now);
  return take();
}

Actions Attempter::on_attempt_asked(Situation situation, const Now& now) {
  log(Level::kInfo, "New update check requested");
  if (on_attempt(report_.status) == Attempt::kIgnore) {
    log(Level::kInfo,
        format("Skipping update check because current status is {}", name_of(report_.status)));
    return take();
  }
  situation_ = std::move(situation);
  attempt(true, now);
  return take();
}

void Attempter::attempt(bool is_interactive, const Now& now) {
  is_interactive_ = is_interactive;
  last_check_.http_status = 0;
  log(Level::kInfo, format("Current group set to {}", situation_.config.track));
  if (report_.status == Status::kUpdatedNeedReboot) {
    ping();
    come_to_rest(Status::kUpdatedNeedReboot, now);
    return;
  }
  set_status(Status::kCheckingForUpdate, now);
  if (is_good_root_done_) {
    check();
    return;
  }
  phase_ = Phase::kMarkingGood;
  if (is_good_root_running_) return;
  log(Level::kInfo, "Updating boot flags...");
  is_good_root_running_ = true;
  actions_.push_back({.kind = Action::Kind::kMarkGood});
}

void Attempter::ping() {
  if (is_ping_out_) {
    log(Level::kWarning, "Omaha ping suppressed: another is under way.");
    return;
  }
  log(Level::kInfo,
      "Not updating b/c we already updated and we're waiting for reboot, we'll ping Omaha "
      "instead");
  is_ping_out_ = true;
  post(Action::Kind::kPing, omaha::ping_request(client()));
}

Actions Attempter::on_ping_answered(const Answer& answer) {
  is_ping_out_ = false;
  if (!answer.is_good) log(Level::kWarning, "The ping was not heard: " + answer.error);
  return take();
}

std::optional<Actions> Attempter::on_reset_asked() {
  log(Level::kInfo,
      format("Attempting to reset state from {} to UPDATE_STATUS_IDLE", name_of(report_.status)));
  switch (on_reset(report_.status)) {
    case Reset::kNothing:
      return take();
    case Reset::kForgetUpdate:
      report_.new_size = 0;
      report_.new_version = Report().new_version;
      report_.status = Status::kIdle;
      // Whoever undoes an update does not mean that its version is bad.
      memory_.forget(actions_, prefs::kCompletedVersion);
      actions_.push_back({.kind = Action::Kind::kUnmark});
      log(Level::kInfo, "Reset Successful");
      return take();
    case Reset::kRefuse:
      actions_.clear();
      return std::nullopt;
  }
  return std::nullopt;
}

// -- What is told on the way.

Actions Attempter::on_received(uint64_t bytes) {
  has_received_ = true;
  payload_.download_progress(bytes);
  keep_payload_state();
  return take();
}

Actions Attempter::on_progress(uint64_t done, uint64_t total, const Now& now) {
  if (phase_ != Phase::kInstalling || report_.status > Status::kDownloading) return take();
  const double progress = static_cast<double>(done) / static_cast<double>(total);
  const bool is_worth_it = report_.status != Status::kDownloading || done == total ||
                           progress - report_.progress >= kEmissionStep ||
                           now.steady - last_emission_ >= kEmissionInterval;
  if (!is_worth_it) return take();
  report_.progress = progress;
  log(Level::kInfo,
      format("Downloaded {}/{} bytes ({}%)", done, total, static_cast<int>(100.0 * progress)));
  set_status(Status::kDownloading, now);
  return take();
}

void Attempter::set_status(Status status, const Now& now) {
  report_.status = status;
  emit(now);
}

void Attempter::emit(const Now& now) {
  last_emission_ = now.steady;
  actions_.push_back({.kind = Action::Kind::kEmitStatus});
}

void Attempter::come_to_rest(Status status, const Now& now) {
  phase_ = Phase::kResting;
  schedule(now);
  set_status(status, now);
}

void Attempter::schedule(const Now& now) {
  if (is_scheduled_ || !situation_.is_official) return;
  const Interval next = next_interval(last_check_);
  last_check_.interval_seconds = next.seconds;
  last_check_.wants_quick_retry = false;
  is_scheduled_ = true;
  const int delay = delay_seconds(next, now.chance);
  actions_.push_back({.kind = Action::Kind::kWait, .wait = seconds(delay)});
  log(Level::kInfo, format("Next update check in {}", formatted(delay)));
}

void Attempter::log(Level level, std::string text) {
  actions_.push_back({.kind = Action::Kind::kLog, .text = std::move(text), .level = level});
}

void Attempter::post(Action::Kind kind, std::string text) {
  actions_.push_back({.kind = kind, .text = std::move(text)});
}

void Attempter::keep_payload_state() {
  update_engine::keep_payload_state(payload_.stored(), memory_, actions_);
}

omaha::Client Attempter::client() const {
  return client_of(situation_, memory_.text(prefs::kAlephVersion), is_interactive_, delta_okay());
}

bool Attempter::delta_okay() const {
  return situation_.policy.accepts_deltas && !memory_.find(prefs::kFullPayloadWanted) &&
         memory_.number(prefs::kDeltaUpdateFailures).value_or(0) < kMaxDeltaFailures;
}

Circumstances Attempter::circumstances() const {
  return {.is_resumed = is_resumed_,
          .is_test_image = !situation_.is_official,
          .is_other_server = !situation_.config.is_default_server(situation_.family)};
}

Actions Attempter::take() {
  return std::exchange(actions_, {});
}

}  // namespace argosy::update_engine
