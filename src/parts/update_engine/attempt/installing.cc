// The installation, its end, and the events that tell of it.
#include "base/format.h"
#include "parts/update_engine/attempt/attempter.h"
#include "parts/update_engine/prefs/prefs.h"

namespace argosy::update_engine {

void Attempter::install() {
  phase_ = Phase::kInstalling;
  has_received_ = false;
  actions_.push_back({.kind = Action::Kind::kInstall, .plan = plan_});
}

Actions Attempter::on_downloaded(const Now& now) {
  if (phase_ != Phase::kInstalling) return take();
  payload_.download_complete({now.wall, now.chance});
  keep_payload_state();
  report_.progress = 0;
  set_status(Status::kFinalizing, now);
  report_event(omaha::EventType::kUpdateDownloadFinished, omaha::EventResult::kSuccess);
  return take();
}

Actions Attempter::on_install_ended(const InstallEnd& end, const Now& now) {
  if (phase_ != Phase::kInstalling) return take();
  report_.progress = 0;
  is_resumed_ = end.is_resumed;
  if (end.code != ErrorCode::kSuccess) {
    count_failure(end.code);
    fail_with(end.code, now);
    return take();
  }
  complete();
  phase_ = Phase::kCompleting;
  report_event(omaha::EventType::kUpdateComplete, omaha::EventResult::kSuccess);
  return take();
}

// The next boot is the new version's. The prefs come first: with them alone, this boot goes
// on as if nothing had been installed, and the next one still knows what it is to report.
void Attempter::complete() {
  memory_.keep(actions_, prefs::kCompletedVersion, plan_.version);
  memory_.keep(actions_, prefs::kCompletedBoot, situation_.boot_id);
  memory_.keep(actions_, prefs::kPreviousVersion, situation_.config.app_version);
  memory_.keep(actions_, prefs::kDeltaUpdateFailures, to_pref(0));
  memory_.forget(actions_, prefs::kFullPayloadWanted);
  actions_.push_back({.kind = Action::Kind::kMark});
  log(Level::kInfo, "Update successfully applied, waiting to reboot.");
}

// From the first byte on, all but a broken transfer counts against deltas.
void Attempter::count_failure(ErrorCode code) {
  if (!has_received_ || !loses_progress(Status::kDownloading, code)) return;
  const int64_t failures = memory_.number(prefs::kDeltaUpdateFailures).value_or(0);
  memory_.keep(actions_, prefs::kDeltaUpdateFailures, to_pref(std::max<int64_t>(failures, 0) + 1));
  if (!plan_.is_delta) return;
  log(Level::kWarning, "The delta could not be applied: a full payload is asked for, soon.");
  memory_.keep(actions_, prefs::kFullPayloadWanted, "1");
  last_check_.wants_quick_retry = true;
}

void Attempter::fail_with(ErrorCode code, const Now& now) {
  counts_as_success_ = code == ErrorCode::kPostinstallBootedFromFirmwareB;
  log(Level::kError, "Update failed.");
  payload_.update_failed(code, {now.wall, now.chance});
  keep_payload_state();
  phase_ = Phase::kFailing;
  set_status(Status::kReportingErrorEvent, now);
  report_event(omaha::EventType::kUpdateComplete,
               is_deferral(code) ? omaha::EventResult::kUpdateDeferred : omaha::EventResult::kError,
               reported_code(code, circumstances()));
}

// -- Events: one at a time, in order; what is answered changes nothing.

void Attempter::report_event(omaha::EventType type, omaha::EventResult result, int code) {
  events_.push_back(omaha::event_request(client(), type, result, code));
  send_next_event();
}

void Attempter::send_next_event() {
  if (is_event_out_ || events_.empty()) return;
  is_event_out_ = true;
  post(Action::Kind::kReport, std::move(events_.front()));
  events_.pop_front();
}

Actions Attempter::on_event_answered(const Answer& answer, const Now& now) {
  if (!is_event_out_) return take();
  is_event_out_ = false;
  if (!answer.is_good) log(Level::kWarning, "An event was not heard: " + answer.error);
  send_next_event();
  if (!is_event_out_) go_on(now);
  return take();
}

void Attempter::go_on(const Now& now) {
  if (phase_ == Phase::kStarting) return install();
  if (phase_ == Phase::kCompleting) return come_to_rest(Status::kUpdatedNeedReboot, now);
  if (phase_ != Phase::kFailing) return;
  log(Level::kInfo, "Error event sent.");
  report_.new_size = 0;
  report_.new_version = Report().new_version;
  if (!counts_as_success_) return come_to_rest(Status::kIdle, now);
  log(Level::kInfo, "The new firmware is the next to boot: a reboot is needed.");
  complete();
  come_to_rest(Status::kUpdatedNeedReboot, now);
}

}  // namespace argosy::update_engine
