// Whatever happens in whatever order: what must hold all the time.
#include <cstdlib>
#include <doctest/doctest.h>

#include "parts/update_engine/attempt/script_test.h"
#include "sys/random/random.h"

namespace argosy::update_engine {
namespace {

class Chaos {
 public:
  explicit Chaos(uint64_t seed) : random_(seed) {
    CAPTURE(seed);
    words_ = words_of(random_.chance(2) ? "version=2.0.0" : "version=2.0.0 keys");
    if (random_.chance(4)) words_.emplace("allow-downgrades", "");
    if (random_.chance(6)) words_.emplace("unofficial", "");
    start();
    for (int i = 0; i < 300; ++i) {
      CAPTURE(i);
      step();
      check_invariants();
    }
    settle();
    for (const auto& [kind, count] : pending_) CHECK_EQ(count, kind == Kind::kWait ? 1 : 0);
  }

 private:
  using Kind = Action::Kind;

  int& pending(Kind kind) { return pending_[kind]; }
  Status status() const { return attempter_->report().status; }
  bool rests() const { return status() == Status::kIdle || status() == Status::kUpdatedNeedReboot; }

  Now now() {
    const Duration passed = seconds(random_.below(20));
    now_.wall += passed;
    now_.steady += passed;
    now_.chance = random_.next();
    return now_;
  }

  void start() {
    pending_.clear();
    attempter_.emplace(situation_of(words_), kept_, has_marker_);
    perform(attempter_->start(now()));
    CHECK_EQ(status() == Status::kUpdatedNeedReboot, has_marker_);
  }

  void perform(const Actions& actions) {
    for (const Action& action : actions) perform_one(action);
  }

  void perform_one(const Action& action) {
    switch (action.kind) {
      case Kind::kKeep:
        kept_.insert_or_assign(action.key, action.text);
        return;
      case Kind::kForget:
        CHECK_EQ(kept_.erase(action.key), 1);
        return;
      case Kind::kMark:
      case Kind::kUnmark:
        has_marker_ = action.kind == Kind::kMark;
        return;
      case Kind::kInstall:
        CHECK(status() == Status::kUpdateAvailable);
        CHECK_FALSE(has_marker_);
        CHECK(is_wanted(action.plan.version));
        break;
      case Kind::kCheck:
        CHECK(status() == Status::kCheckingForUpdate);
        break;
      default:
        break;
    }
    CHECK_EQ(
        ++pending(action.kind) > 1 && action.kind != Kind::kLog && action.kind != Kind::kEmitStatus,
        false);
  }

  // By what the machine was told at most one answer ago.
  bool is_wanted(const std::string& version) const {
    const bool is_older = version == "1.5.0";
    return !is_older || means_rollback_ || words_.contains("allow-downgrades");
  }

  Answer random_answer() {
    const uint64_t kind = random_.below(8);
    if (kind == 0) return {.http_status = 503, .error = "busy"};
    if (kind == 1) return {.error = "no answer"};
    if (kind == 2) return {.is_good = true, .http_status = 200, .body = "<x"};
    Words words = words_of(random_.chance(3) ? "noupdate" : "");
    const char* versions[] = {"1.5.0", "2.5.0", "3.0.0"};
    const std::string version = versions[random_.below(3)];
    words.emplace("version", version);
    if (random_.chance(2)) words.emplace("delta", "");
    if (random_.chance(2)) words.emplace("backoff", "");
    means_rollback_ = random_.chance(4);
    if (means_rollback_) words.emplace("rollback", "");
    if (!random_.chance(6)) {
      words.emplace("statement",
                    format("{}_{}{}", ++sequence_, version, means_rollback_ ? "_rollback" : ""));
    }
    return {.is_good = true, .http_status = 200, .body = response_of(words)};
  }

  Answer plain_answer() {
    if (random_.chance(3)) return {.error = "no answer"};
    return {.is_good = true, .http_status = 200, .body = "<response/>"};
  }

  ErrorCode random_code() {
    constexpr ErrorCode kCodes[] = {ErrorCode::kDownloadTransferError,
                                    ErrorCode::kPayloadHashMismatch,
                                    ErrorCode::kDownloadWrite,
                                    ErrorCode::kPostinstallRunnerError,
                                    ErrorCode::kPostinstallBootedFromFirmwareB,
                                    ErrorCode::kInstallDeviceOpenError};
    return random_.chance(2) ? ErrorCode::kSuccess : kCodes[random_.below(std::size(kCodes))];
  }

  bool take(Kind kind) {
    if (pending(kind) == 0) return false;
    --pending(kind);
    return true;
  }

  // One of what may happen: the answer to something, or somebody who asks.
  void step() {
    switch (random_.below(12)) {
      case 0:
        if (take(Kind::kCheck)) perform(attempter_->on_answer(random_answer(), now()));
        return;
      case 1:
      case 2:
        if (take(Kind::kReport)) perform(attempter_->on_event_answered(plain_answer(), now()));
        return;
      case 3:
        if (take(Kind::kPing)) perform(attempter_->on_ping_answered(plain_answer()));
        return;
      case 4:
        if (take(Kind::kWait)) perform(attempter_->on_timer(situation_of(words_), now()));
        return;
      case 5:
        return end_good_root();
      case 6:
        return end_install();
      case 7:
        if (pending(Kind::kInstall) > 0) perform(attempter_->on_received(random_.below(100)));
        return perform(attempter_->on_progress(random_.below(101), 100, now()));
      case 8:
        if (pending(Kind::kInstall) > 0) perform(attempter_->on_downloaded(now()));
        return;
      case 9:
        return perform(attempter_->on_attempt_asked(situation_of(words_), now()));
      case 10:
        return ask_otherwise();
      default:
        if (random_.chance(10)) start();
    }
  }

  void end_good_root() {
    if (!take(Kind::kMarkGood)) return;
    const auto outcome = static_cast<GoodRoot>(random_.below(3));
    perform(attempter_->on_good_root(outcome, now()));
  }

  void end_install() {
    if (!take(Kind::kInstall)) return;
    perform(attempter_->on_install_ended({.code = random_code(), .is_resumed = random_.chance(2)},
                                         now()));
  }

  void ask_otherwise() {
    if (random_.chance(2)) return perform(attempter_->on_good_root_due());
    const bool is_allowed = rests();
    const auto actions = attempter_->on_reset_asked();
    CHECK_EQ(actions.has_value(), is_allowed);
    if (actions) perform(*actions);
    if (actions) CHECK(status() == Status::kIdle);
  }

  void check_invariants() {
    const Report& report = attempter_->report();
    CHECK(report.progress >= 0);
    CHECK(report.progress <= 1);
    if (report.status != Status::kDownloading) CHECK_EQ(report.progress, 0);
    if (report.status == Status::kIdle) {
      CHECK_EQ(report.new_version, "0.0.0");
      CHECK_EQ(report.new_size, 0);
      CHECK_FALSE(has_marker_);
    }
    if (report.status == Status::kUpdatedNeedReboot) {
      CHECK(has_marker_);
      CHECK_EQ(pending(Kind::kCheck) + pending(Kind::kReport) + pending(Kind::kInstall), 0);
    }
    if (rests() && !words_.contains("unofficial")) CHECK_EQ(pending(Kind::kWait), 1);
    const int answers = pending(Kind::kCheck) + pending(Kind::kReport) + pending(Kind::kInstall) +
                        pending(Kind::kMarkGood);
    if (!rests()) CHECK_GE(answers, 1);
  }

  // When all is answered it comes to rest.
  void settle() {
    for (int i = 0; i < 50; ++i) {
      end_good_root();
      if (take(Kind::kCheck)) perform(attempter_->on_answer({.error = "no"}, now()));
      if (take(Kind::kReport)) perform(attempter_->on_event_answered({.error = "no"}, now()));
      if (take(Kind::kPing)) perform(attempter_->on_ping_answered({.error = "no"}));
      end_install();
    }
    CHECK(rests());
    pending_.erase(Kind::kLog);
    pending_.erase(Kind::kEmitStatus);
    if (words_.contains("unofficial")) pending_.erase(Kind::kWait);
  }

  SeededRandom random_;
  Words words_;
  KeptValues kept_;
  bool has_marker_ = false;
  bool means_rollback_ = false;
  uint64_t sequence_ = 0;
  std::map<Kind, int> pending_;
  std::optional<Attempter> attempter_;
  Now now_{WallTime(seconds(1767225600)), MonotonicTime(hours(1)), 0};
};

TEST_CASE("invariants, whatever happens") {
  const uint64_t seeds = std::getenv("ARGOSY_LONG") != nullptr ? 50000 : 1500;
  for (uint64_t seed = 1; seed <= seeds; ++seed) Chaos chaos(seed);
}

}  // namespace
}  // namespace argosy::update_engine
