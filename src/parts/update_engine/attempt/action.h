// What the machine of attempter.h wants done, in order. Those marked with an input are
// answered by it, once each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace argosy::update_engine {

// A payload, and what the server says of it.
struct InstallPlan {
  std::string url;
  std::string version;
  int64_t size = 0;    // bytes
  std::string sha256;  // base64, of the whole payload
  bool is_delta = false;

  bool operator==(const InstallPlan&) const = default;
};

enum class Level : uint8_t { kInfo, kWarning, kError };

struct Action {
  enum class Kind : uint8_t {
    kLog,
    kKeep,    // the pref `key` is now `text`; durable before what follows
    kForget,  // the pref `key` is gone; durable as well
    kMark,    // the file that says: updated since boot
    kUnmark,
    kEmitStatus,  // StatusUpdate, with report()
    kMarkGood,    // what runs is good: on_good_root
    kCheck,       // post `text` to the server: on_answer
    kReport,      // post `text`, an event: on_event_answered
    kPing,        // post `text`: on_ping_answered
    kInstall,     // on_progress, on_downloaded, then on_install_ended
    kWait,        // on_timer after `wait`
  };
  Kind kind = Kind::kLog;
  std::string key{};
  std::string text{};
  Level level = Level::kInfo;
  InstallPlan plan{};
  Duration wait{};
};
using Actions = std::vector<Action>;

// For logs and tests: "keep bad-version 3.0.0", "wait 7m0s"; of a request only what sets it
// apart.
std::string to_text(const Action& action);

}  // namespace argosy::update_engine
