#include "parts/locksmith/strategy/machine.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

#include "base/format.h"
#include "base/text.h"

namespace argosy::locksmith {
namespace {

class Utc final : public Zone {
 public:
  int64_t offset_seconds(int64_t) const override { return 0; }
};
const Utc kUtc;

// "key=value key=value"; values have no spaces, '_' stands for one.
MachineSettings settings_of(std::string_view words) {
  MachineSettings settings;
  settings.zone = &kUtc;
  std::string start;
  for (const std::string_view word : split(words, ' ')) {
    const auto sides = cut(word, "=");
    if (!sides) continue;
    const std::string value(sides->second);
    if (sides->first == "strategy") settings.strategy = value;
    if (sides->first == "before") settings.has_before_hooks = true;
    if (sides->first == "after") settings.has_after_hooks = true;
    if (sides->first == "resuming") settings.is_resuming = true;
    if (sides->first == "window") {
      const auto window = cut(value, "+");
      settings.window = *Window::parse(window->first, window->second);
    }
  }
  return settings;
}

LockOutcome outcome_of(std::string_view how, std::string_view text) {
  if (how == "done") return {LockOutcome::How::kDone};
  if (how == "already") return {LockOutcome::How::kAlready};
  if (how == "no-client") return {LockOutcome::How::kNoClient, std::string(text)};
  return {LockOutcome::How::kFailed, std::string(text)};
}

Result<void> result_of(std::string_view how, std::string_view text) {
  if (how == "ok") return {};
  return fail(Code::kUnknown, std::string(text));
}

// One machine and the time of day, driven by lines.
class Script {
 public:
  Actions run(std::string_view line) {
    const auto words = split(line, ' ');
    const std::string_view how = words.size() > 1 ? words[1] : "";
    const std::string_view rest =
        words.size() > 2 ? line.substr(words[0].size() + how.size() + 2) : "";
    if (words[0] == "start") {
      machine_.emplace(settings_of(line));
      return machine_->start();
    }
    if (words[0] == "at") return set_time(how);
    if (words[0] == "status") return machine_->on_status(how, now_);
    if (words[0] == "old-timer") return machine_->on_old_timer();
    if (words[0] == "old-released") return machine_->on_old_released(outcome_of(how, rest), now_);
    if (words[0] == "after-hooks") return machine_->on_after_hooks(result_of(how, rest), now_);
    if (words[0] == "etcd") return machine_->on_etcd_active(how == "active", now_);
    if (words[0] == "timer") return machine_->on_timer(now_);
    if (words[0] == "released") return machine_->on_released(outcome_of(how, rest), now_);
    if (words[0] == "locked") return machine_->on_locked(outcome_of(how, rest));
    if (words[0] == "before-hooks") return machine_->on_before_hooks(result_of(how, rest));
    if (words[0] == "broadcast") {
      return machine_->on_broadcast(static_cast<size_t>(*parse_uint(how)));
    }
    if (words[0] == "reboot") return machine_->on_reboot_sent(result_of(how, rest));
    if (words[0] == "signal") return machine_->on_signal();
    return {{.text = format("no such line: {}", line)}};
  }

 private:
  Actions set_time(std::string_view clock) {
    const auto parts = split(clock, ':');
    now_ =
        WallTime(hours(24 * 20000) + hours(*parse_int(parts[0])) + minutes(*parse_int(parts[1])));
    return {};
  }
  std::optional<Machine> machine_;
  WallTime now_{hours(24 * 20000)};
};

TEST_CASE("the stories in testdata/machine.txt") {
  std::ifstream file("testdata/machine.txt");
  REQUIRE(file);
  std::string line;
  std::string expected;
  std::string got;
  Script script;
  int lines = 0;
  while (std::getline(file, line)) {
    expected += line + '\n';
    if (line.starts_with("= ")) continue;
    got += line + '\n';
    if (line.empty() || line.starts_with('#')) continue;
    ++lines;
    for (const Action& action : script.run(line)) got += format("= {}\n", to_text(action));
  }
  CHECK_GE(lines, 60);
  if (std::getenv("ARGOSY_REWRITE") != nullptr) {
    std::ofstream("testdata/machine.txt") << got;
  } else {
    CHECK_EQ(got, expected);
  }
}

}  // namespace
}  // namespace argosy::locksmith
