// The check, its answer, and whether what is offered is taken.
#include "base/format.h"
#include "parts/update_engine/attempt/attempter.h"
#include "parts/update_engine/attempt/offer.h"
#include "parts/update_engine/prefs/prefs.h"

namespace argosy::update_engine {
namespace {

// Said when the pref never existed.
constexpr std::string_view kUnknownVersion = "0.0.0.0";

}  // namespace

void Attempter::check() {
  phase_ = Phase::kChecking;
  is_resumed_ = false;
  counts_as_success_ = false;
  const std::string_view running = situation_.config.app_version;
  const std::string_view previous = memory_.find(prefs::kPreviousVersion).value_or(kUnknownVersion);
  if (previous.empty() || previous != running) {
    post(Action::Kind::kCheck, omaha::update_check_request(client(), previous));
  } else if (was_completed_in_this_boot()) {
    // There was an update and then a reset: what comes of it is not known yet.
    post(Action::Kind::kCheck, omaha::update_check_request(client(), ""));
  } else {
    post(Action::Kind::kCheck, omaha::rollback_check_request(client()));
  }
}

void Attempter::heard_previous_version() {
  if (was_completed_in_this_boot()) return;
  memory_.keep(actions_, prefs::kPreviousVersion, "");
  memory_.forget(actions_, prefs::kCompletedVersion);
  memory_.forget(actions_, prefs::kCompletedBoot);
}

Actions Attempter::on_answer(const Answer& answer, const Now& now) {
  if (phase_ != Phase::kChecking) return take();
  last_check_.http_status = answer.http_status;
  last_check_.poll_seconds = 0;
  if (!answer.is_good) {
    log(Level::kError, "Omaha request network transfer failed: " + answer.error);
    fail_with(code_of_http_status(answer.http_status), now);
    return take();
  }
  heard_previous_version();
  if (situation_.family == Family::kFlatcar) {
    memory_.keep(actions_, prefs::kFullResponse, answer.body);
  }
  const bool is_flatcar = situation_.family == Family::kFlatcar;
  const auto update = omaha::read_client_response(answer.body, {.adds_slash = is_flatcar});
  if (update) {
    last_check_.poll_seconds = update->poll_seconds;
    judge(*update, now);
  } else {
    log(Level::kError, update.error().text);
    fail_with(static_cast<ErrorCode>(update.error().defect), now);
  }
  return take();
}

void Attempter::judge(const omaha::ClientUpdate& update, const Now& now) {
  const auto statement = statement_of(update, now);
  if (!statement) {
    log(Level::kError, "The response is refused: " + statement.error().text());
    fail_with(ErrorCode::kOmahaResponseInvalid, now);
    return;
  }
  report_.last_checked_time =
      std::chrono::duration_cast<seconds>(now.wall.time_since_epoch()).count();
  if (!update.has_update) {
    log(Level::kInfo, "There are no updates. Aborting.");
    log(Level::kInfo, "No update.");
    come_to_rest(Status::kIdle, now);
    return;
  }
  const std::string bad(memory_.text(prefs::kBadVersion));
  const auto reason = why_not({.update = update,
                               .running_version = situation_.config.app_version,
                               .bad_version = bad,
                               .policy = situation_.policy,
                               .statement = *statement ? &**statement : nullptr});
  if (reason) {
    log(Level::kError, "The offered update is refused: " + *reason);
    fail_with(ErrorCode::kUpdateIgnoredPerPolicy, now);
    return;
  }
  memory_.forget(actions_, prefs::kBadVersion);
  accept(update, now);
}

Result<std::optional<channel_metadata::Metadata>> Attempter::statement_of(
    const omaha::ClientUpdate& update, const Now& now) {
  if (!situation_.verify_statement) return std::nullopt;
  if (update.channel_metadata.empty()) {
    return fail(Code::kInvalidArgument, "it has no signed metadata of the channel");
  }
  const std::string arch = channel_metadata::arch_of_board(situation_.config.board);
  const std::string& channel = situation_.config.track;
  auto statement = TRY(situation_.verify_statement(update.channel_metadata, now.wall,
                                                   known_sequence(memory_, arch, channel)));
  keep_sequence(statement.sequence, arch, channel, memory_, actions_);
  return statement;
}

void Attempter::accept(const omaha::ClientUpdate& update, const Now& now) {
  payload_.set_response(update);
  keep_payload_state();
  if (payload_.should_back_off(now.wall, situation_.is_official)) {
    log(Level::kInfo, "Ignoring Omaha updates in order to backoff our retry attempts");
    fail_with(ErrorCode::kUpdateDeferredForBackoff, now);
    return;
  }
  log(Level::kInfo,
      format("Using Url{} as the download url this time", payload_.stored().url_index));
  plan_ = {.url = payload_.url(),
           .version = update.version,
           .size = update.size,
           .sha256 = update.sha256,
           .is_delta = update.is_delta};
  report_.new_version = update.version;
  report_.new_size = update.size;
  phase_ = Phase::kStarting;
  set_status(Status::kUpdateAvailable, now);
  report_event(omaha::EventType::kUpdateDownloadStarted, omaha::EventResult::kSuccess);
}

}  // namespace argosy::update_engine
