// Attempter: all that update_engine decides, as a state machine. It is told what happens and
// says what to do next; it has no clock, network, disk or bus of its own. One thread.
//
// A normal update: the check (with what ran before this boot), event 13/1 and its answer,
// the installation, event 14/1 when the payload is there, the marker file and prefs, event
// 3/1 and its answer, UPDATED_NEED_REBOOT; from then on only pings. A failure: event 3/0 with
// the code (3/9 for deferrals) and its answer, IDLE. Events are sent one at a time, whatever
// is answered. README.md says where the original would do otherwise.
#pragma once

#include <deque>
#include <optional>

#include "base/result.h"
#include "lib/omaha/codes.h"
#include "parts/update_engine/attempt/action.h"
#include "parts/update_engine/attempt/memory.h"
#include "parts/update_engine/attempt/situation.h"
#include "parts/update_engine/retry/payload_state.h"
#include "parts/update_engine/schedule/schedule.h"
#include "parts/update_engine/status/status.h"

namespace argosy::update_engine {

// Of the input; the chance is one of all 64-bit numbers.
struct Now {
  WallTime wall;
  MonotonicTime steady;
  uint64_t chance = 0;
};

// What came of an HTTP request.
struct Answer {
  // A whole body came with status 200.
  bool is_good = false;
  int http_status = 0;  // 0: no answer at all
  std::string body{};
  std::string error{};  // for the log, if it is not good
};

enum class GoodRoot : uint8_t {
  kDone,
  kFailed,     // could not be written down; updates go on, as the original's
  kUnhealthy,  // the machine does not do what it should: no update over the other slot
};

struct InstallEnd {
  ErrorCode code = ErrorCode::kSuccess;
  bool is_resumed = false;  // it went on from an interrupted one
};

class Attempter {
 public:
  // `prefs`: all that is kept.
  Attempter(Situation situation, KeptValues prefs, bool has_marker);

  Actions start(const Now& now);
  // 45 seconds after the start.
  Actions on_good_root_due();
  Actions on_good_root(GoodRoot outcome, const Now& now);
  // The wait is over.
  Actions on_timer(Situation situation, const Now& now);
  // D-Bus.
  Actions on_attempt_asked(Situation situation, const Now& now);
  // Nothing: not allowed in this state.
  std::optional<Actions> on_reset_asked();
  const Report& report() const { return report_; }

  Actions on_answer(const Answer& answer, const Now& now);
  Actions on_event_answered(const Answer& answer, const Now& now);
  Actions on_ping_answered(const Answer& answer);

  // Bytes have come from the URL: its failures are forgiven.
  Actions on_received(uint64_t bytes);
  // Bytes of the payload that are there altogether.
  Actions on_progress(uint64_t done, uint64_t total, const Now& now);
  // The payload is whole and in place; what is verified and run after it goes on.
  Actions on_downloaded(const Now& now);
  Actions on_install_ended(const InstallEnd& end, const Now& now);

  // What was last read; for who carries out an action.
  const Situation& situation() const { return situation_; }
  // A user asked for what is going on.
  bool is_interactive() const { return is_interactive_; }

 private:
  enum class Phase : uint8_t {
    kResting,  // IDLE or UPDATED_NEED_REBOOT
    kMarkingGood,
    kChecking,
    kStarting,  // event 13 is on its way
    kInstalling,
    kCompleting,  // the last events are on their way
    kFailing,     // an error event is
  };

  void attempt(bool is_interactive, const Now& now);
  void check();
  void ping();
  void look_for_fallback();
  bool was_completed_in_this_boot() const;
  void heard_previous_version();

  void judge(const omaha::ClientUpdate& update, const Now& now);
  // Of the statement, if one is demanded; an error when there is none that can be believed.
  Result<std::optional<channel_metadata::Metadata>> statement_of(const omaha::ClientUpdate& update,
                                                                 const Now& now);
  void accept(const omaha::ClientUpdate& update, const Now& now);
  void install();
  void complete();
  void count_failure(ErrorCode code);
  void fail_with(ErrorCode code, const Now& now);
  void come_to_rest(Status status, const Now& now);

  void report_event(omaha::EventType type, omaha::EventResult result, int code = 0);
  void send_next_event();
  void go_on(const Now& now);

  void schedule(const Now& now);
  void set_status(Status status, const Now& now);
  void emit(const Now& now);
  void log(Level level, std::string text);
  void post(Action::Kind kind, std::string text);
  void keep_payload_state();
  bool delta_okay() const;
  omaha::Client client() const;
  Circumstances circumstances() const;
  Actions take();

  Situation situation_;
  Memory memory_;
  PayloadState payload_;
  Report report_;
  Phase phase_ = Phase::kResting;
  Actions actions_;
  std::deque<std::string> events_;  // not sent yet
  bool is_event_out_ = false;
  bool is_ping_out_ = false;
  bool is_good_root_done_ = false;
  bool is_good_root_running_ = false;
  bool is_interactive_ = false;
  bool is_scheduled_ = false;
  bool has_received_ = false;       // bytes of the payload
  bool is_resumed_ = false;         // the installation was
  bool counts_as_success_ = false;  // once its error is reported
  LastCheck last_check_;
  MonotonicTime last_emission_{};
  InstallPlan plan_;  // what is being installed
};

}  // namespace argosy::update_engine
