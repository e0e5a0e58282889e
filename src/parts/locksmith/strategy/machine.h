// Machine: what locksmithd decides, as a state machine. It is told what happens and says
// what to do next; it has no clock, no bus and no lock of its own.
//
// The order of a reboot with the lock: wait until update_engine needs one, wait for the
// window, release a lock that is left over, take the lock, run hooks, warn who is logged
// in, reboot. The lock stays held over the reboot; the daemon of the next boot releases
// it, in the background, a little after its start.
//
// After Action::kExit nothing is to be told any more.
#pragma once

#include <optional>

#include "base/result.h"
#include "parts/locksmith/strategy/action.h"
#include "parts/locksmith/window/window.h"

namespace argosy::locksmith {

inline constexpr std::string_view kNeedReboot = "UPDATE_STATUS_UPDATED_NEED_REBOOT";

struct MachineSettings {
  // "reboot", "etcd-lock", "fleet-lock", "best-effort", "off"; any other runs, and fails
  // when a reboot is due. Empty: "reboot".
  std::string strategy;
  std::optional<Window> window;
  const Zone* zone = nullptr;  // with a window; outlives the Machine
  Duration first_retry = seconds(5);
  Duration last_retry = minutes(5);
  Duration login_delay = minutes(5);
  bool has_before_hooks = false;
  // This boot followed a reboot that locksmithd had asked for, and there are hooks for it.
  bool has_after_hooks = false;
  // A daemon of this same boot has asked for the reboot already, and then died: the
  // machine may go down at any moment, so its lock must not be released.
  bool is_resuming = false;
};

// What came of taking or releasing the lock.
struct LockOutcome {
  enum class How : uint8_t {
    kDone,
    kAlready,   // held by this machine before; not held by it
    kFailed,    // `text` says why
    kNoClient,  // not even begun: the configuration is bad or nobody answers
  };
  How how = How::kDone;
  std::string text{};
};

class Machine {
 public:
  explicit Machine(MachineSettings settings);

  Actions start();
  // The answer of GetStatus, and then each StatusUpdate.
  Actions on_status(std::string_view operation, WallTime now);

  Actions on_old_timer();
  Actions on_old_released(const LockOutcome& outcome, WallTime now);
  Actions on_after_hooks(const Result<void>& outcome, WallTime now);

  Actions on_etcd_active(const Result<bool>& is_active, WallTime now);
  Actions on_timer(WallTime now);
  Actions on_released(const LockOutcome& outcome, WallTime now);
  Actions on_locked(const LockOutcome& outcome);
  Actions on_before_hooks(const Result<void>& outcome);
  // How many lines could be written to.
  Actions on_broadcast(size_t lines);
  Actions on_reboot_sent(const Result<void>& outcome);
  // SIGINT or SIGTERM.
  Actions on_signal();

  bool has_ended() const { return phase_ == Phase::kEnded; }

 private:
  enum class Phase : uint8_t {
    kAsking,     // for the first status
    kWatching,   // until a reboot is due
    kFinishing,  // it is due; what the background does now is waited for
    kDeciding,   // best-effort: with the lock or without
    kAwaitingWindow,
    kReleasing,  // a lock that is left over
    kLocking,
    kRetrying,     // the lock, after a pause
    kDraining,     // hooks before the reboot
    kBackingOut,   // releasing the lock, since a hook failed
    kNotifying,    // who is logged in
    kDelaying,     // for who is logged in
    kRebooting,    // asked login1
    kAskingAgain,  // after a pause, since login1 refused
    kGoingDown,    // it agreed
    kEnded,
  };
  // What goes on beside: releasing the lock of before the boot.
  enum class Old : uint8_t { kNone, kPausing, kHooks, kReleasing, kDone };

  Action publish(Coordination state) const;
  Actions due(WallTime now);
  Actions plan(WallTime now);
  Actions go(WallTime now);
  Actions lock_in_window(WallTime now);
  Actions retry(Level level, const std::string& text);
  Actions drain_or_notify();
  Actions notify();
  Actions old_failed(const std::string& why);
  Actions old_done(WallTime now);
  Actions ask_reboot();
  Actions exit(int code, Level level, std::string text);
  Duration longer(Duration interval) const;
  bool takes_lock() const;

  MachineSettings settings_;
  Phase phase_ = Phase::kAsking;
  Old old_ = Old::kNone;
  bool uses_lock_ = false;
  Duration interval_{};      // of the pauses between tries
  Duration old_interval_{};  // the same, of the background
};

}  // namespace argosy::locksmith
