// What the machine of machine.h wants done. Those marked with an input are answered by it,
// once each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace argosy::locksmith {

// What the coordinator file says of this daemon.
enum class Coordination : uint8_t { kStarting, kRunning, kRebootPlanned, kRebooting };

enum class Level : uint8_t { kInfo, kNotice, kWarning, kError, kFatal };

struct Action {
  enum class Kind : uint8_t {
    kLog,
    kPublish,         // the state into the coordinator file
    kWaitOld,         // on_old_timer after `wait`
    kReleaseOld,      // the lock of before the last boot: on_old_released
    kRunAfterHooks,   // on_after_hooks
    kAskEtcdActive,   // is etcd's service active: on_etcd_active
    kRelease,         // on_released
    kLock,            // on_locked
    kRunBeforeHooks,  // on_before_hooks
    kBroadcast,       // to who is logged in: on_broadcast
    kReboot,          // by login1: on_reboot_sent
    kWait,            // on_timer after `wait`; replaces what is being waited for
    kExit,            // with `code`, when all before it is done; nothing follows
  };
  Kind kind = Kind::kLog;
  std::string text{};  // of a log line or a broadcast
  Level level = Level::kInfo;
  Coordination state = Coordination::kStarting;
  Duration wait{};
  int code = 0;
};
using Actions = std::vector<Action>;

// For logs and tests: "wait 10s", "log warning ...".
std::string to_text(const Action& action);
// "starting", "running", "reboot-planned", "rebooting".
std::string_view to_text(Coordination state);
std::string_view to_text(Level level);

}  // namespace argosy::locksmith
