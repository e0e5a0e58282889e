#include "parts/update_engine/attempt/attempter.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>

#include "parts/update_engine/attempt/script_test.h"

namespace argosy::update_engine {
namespace {

// One machine with what it keeps, driven by lines.
class Script {
 public:
  std::vector<std::string> run(std::string_view line) {
    const Words words = words_of(line);
    const std::string_view verb = split(line, ' ')[0];
    if (verb == "machine") {
      kept_.clear();
      has_marker_ = false;
      return {};
    }
    if (verb == "pref") {
      for (const auto& [key, value] : words) {
        if (key != "pref") kept_.insert_or_assign(key, value);
      }
      return {};
    }
    if (verb == "boot") return boot(words);
    if (verb == "restart") return start();
    if (verb == "pass") {
      const Duration time = *parse_go_duration(split(line, ' ')[1]);
      now_.wall += time;
      now_.steady += time;
      return {};
    }
    if (verb == "status") return {join_lines(lines_of(attempter_->report()))};
    if (verb == "set") {
      situation_ = situation_of(words);
      return {};
    }
    return perform(input(verb, words));
  }

 private:
  std::vector<std::string> boot(const Words& words) {
    situation_ = situation_of(words);
    has_marker_ = false;
    return start();
  }

  std::vector<std::string> start() {
    attempter_.emplace(situation_, kept_, has_marker_);
    return perform(attempter_->start(now_));
  }

  Answer answer_of(const Words& words) {
    if (words.contains("http")) {
      const int status = static_cast<int>(*parse_int(value_or(words, "http", "")));
      return {.http_status = status, .error = "it failed"};
    }
    if (words.contains("xml")) return {.is_good = true, .http_status = 200, .body = "<a"};
    if (words.contains("empty")) return {.is_good = true, .http_status = 200};
    return {.is_good = true, .http_status = 200, .body = response_of(words)};
  }

  Actions input(std::string_view verb, const Words& words) {
    if (verb == "timer") return attempter_->on_timer(situation_, now_);
    if (verb == "ask") return attempter_->on_attempt_asked(situation_, now_);
    if (verb == "good-due") return attempter_->on_good_root_due();
    if (verb == "good") return attempter_->on_good_root(GoodRoot::kDone, now_);
    if (verb == "not-written") return attempter_->on_good_root(GoodRoot::kFailed, now_);
    if (verb == "unhealthy") return attempter_->on_good_root(GoodRoot::kUnhealthy, now_);
    if (verb == "answer") return attempter_->on_answer(answer_of(words), now_);
    if (verb == "event") return attempter_->on_event_answered(answer_of(words), now_);
    if (verb == "ping") return attempter_->on_ping_answered(answer_of(words));
    if (verb == "received") return attempter_->on_received(7);
    if (verb == "progress") {
      const auto done = parse_uint(value_or(words, "done", ""));
      return attempter_->on_progress(*done, 100, now_);
    }
    if (verb == "downloaded") return attempter_->on_downloaded(now_);
    if (verb == "end") {
      const auto code = static_cast<ErrorCode>(*parse_int(value_or(words, "code", "0")));
      return attempter_->on_install_ended({.code = code, .is_resumed = words.contains("resumed")},
                                          now_);
    }
    if (verb == "reset") {
      const auto actions = attempter_->on_reset_asked();
      return actions ? *actions : Actions{{.text = "(refused)"}};
    }
    return {{.text = format("no such line: {}", verb)}};
  }

  std::vector<std::string> perform(const Actions& actions) {
    std::vector<std::string> lines;
    for (const Action& action : actions) {
      if (action.kind == Action::Kind::kKeep) kept_.insert_or_assign(action.key, action.text);
      if (action.kind == Action::Kind::kForget) kept_.erase(action.key);
      if (action.kind == Action::Kind::kMark) has_marker_ = true;
      if (action.kind == Action::Kind::kUnmark) has_marker_ = false;
      lines.push_back(join_lines(to_text(action)));
      if (action.kind == Action::Kind::kEmitStatus) {
        lines.back() += " " + std::string(name_of(attempter_->report().status));
      }
    }
    return lines;
  }

  // In one line, and bodies of responses by their length: they stand above.
  static std::string join_lines(std::string text) {
    if (text.starts_with("keep full-response")) return "keep full-response (the body)";
    while (text.ends_with('\n')) text.pop_back();
    for (char& c : text) c = c == '\n' ? '|' : c;
    return text;
  }

  Situation situation_;
  KeptValues kept_;
  bool has_marker_ = false;
  std::optional<Attempter> attempter_;
  // 2026-01-01; the chance is the middle of every fuzz.
  Now now_{WallTime(seconds(1767225600)), MonotonicTime(hours(1)), 1ULL << 63};
};

void check_stories(const std::string& path, int least) {
  std::ifstream file(path);
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
    for (const std::string& each : script.run(line)) got += format("= {}\n", each);
  }
  CHECK_GE(lines, least);
  if (std::getenv("ARGOSY_REWRITE") != nullptr) {
    std::ofstream(path) << got;
  } else {
    CHECK_EQ(got, expected);
  }
}

TEST_CASE("an update from the check to the reboot, and what the original does around it") {
  check_stories("testdata/original.txt", 100);
}

TEST_CASE("deltas, bad versions, downgrades, the channel's metadata, health") {
  check_stories("testdata/additions.txt", 100);
}

TEST_CASE("the policy in update.conf") {
  const std::vector<std::string> nothing{"GROUP=beta\n"};
  CHECK_EQ(make_policy(nothing), Policy{});
  const std::vector<std::string> files{"DELTAS=refuse\n", "DOWNGRADES=allow\nDELTAS=accept\n"};
  CHECK_EQ(make_policy(files), Policy{.accepts_deltas = false, .allows_downgrades = true});
}

}  // namespace
}  // namespace argosy::update_engine
