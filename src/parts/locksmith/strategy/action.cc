#include "parts/locksmith/strategy/action.h"

#include "base/format.h"

namespace argosy::locksmith {

std::string_view to_text(Coordination state) {
  switch (state) {
    case Coordination::kStarting:
      return "starting";
    case Coordination::kRunning:
      return "running";
    case Coordination::kRebootPlanned:
      return "reboot-planned";
    case Coordination::kRebooting:
      return "rebooting";
  }
  return "";
}

std::string_view to_text(Level level) {
  switch (level) {
    case Level::kInfo:
      return "info";
    case Level::kNotice:
      return "notice";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
    case Level::kFatal:
      return "fatal";
  }
  return "";
}

std::string to_text(const Action& action) {
  switch (action.kind) {
    case Action::Kind::kLog:
      return format("log {} {}", to_text(action.level), action.text);
    case Action::Kind::kPublish:
      return format("publish {}", to_text(action.state));
    case Action::Kind::kWaitOld:
      return format("wait-old {}", to_go_duration(action.wait));
    case Action::Kind::kReleaseOld:
      return "release-old";
    case Action::Kind::kRunAfterHooks:
      return "after-hooks";
    case Action::Kind::kAskEtcdActive:
      return "ask-etcd-active";
    case Action::Kind::kRelease:
      return "release";
    case Action::Kind::kLock:
      return "lock";
    case Action::Kind::kRunBeforeHooks:
      return "before-hooks";
    case Action::Kind::kBroadcast:
      return format("broadcast {}", action.text);
    case Action::Kind::kReboot:
      return "reboot";
    case Action::Kind::kWait:
      return format("wait {}", to_go_duration(action.wait));
    case Action::Kind::kExit:
      return format("exit {}", action.code);
  }
  return "";
}

}  // namespace argosy::locksmith
