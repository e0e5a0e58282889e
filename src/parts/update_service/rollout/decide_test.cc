#include "parts/update_service/rollout/decide.h"

#include <doctest/doctest.h>
#include <fstream>

#include "base/text.h"

namespace argosy::update_service {
namespace {

struct Setting {
  Instance instance{"m1", "1.0.0", Status::kUndefined, ""};
  Policy policy;
  Channel channel{"2.0.0", false, {}, false};
  Counts counts;
  LocalTime local{1, 600};
  bool is_on_demand = false;
};

int number(std::string_view text) {
  const auto value = parse_int(text);
  REQUIRE_MESSAGE(value.has_value(), std::string(text));
  return static_cast<int>(*value);
}

uint32_t count(std::string_view text) {
  return static_cast<uint32_t>(number(text));
}

std::vector<std::string> words_of(std::string_view text, char separator) {
  std::vector<std::string> words;
  for (const std::string_view word : split(text, separator)) words.emplace_back(word);
  return words;
}

void read_machine(Setting& to, const std::string& word) {
  const auto pair = cut(word, "=");
  if (pair) {
    to.instance.status = Status::kGranted;
    to.instance.granted_version = pair->second;
  } else if (word == "downloading") {
    to.instance.status = Status::kDownloading;
  } else if (word == "downloaded") {
    to.instance.status = Status::kDownloaded;
  } else if (word == "installed") {
    to.instance.status = Status::kInstalled;
  } else {
    to.instance.version = word;
  }
}

void read_policy(Setting& to, const std::string& word) {
  if (word == "off") to.policy.updates_enabled = false;
  if (word == "safe") to.policy.safe_mode = true;
  if (word == "office") to.policy.office_hours = true;
  if (word == "hurry") to.policy.hurries_on_demand = true;
  const auto pair = cut(word, "=");
  if (!pair) return;
  if (pair->first == "max") to.policy.max_updates = count(pair->second);
  if (pair->first == "percent") to.policy.percent = count(pair->second);
  if (pair->first == "window") {
    const auto parts = words_of(pair->second, ',');
    to.policy.windows.push_back({number(parts[0]), number(parts[1]), number(parts[2])});
  }
}

void read_channel(Setting& to, const std::string& word) {
  const auto pair = cut(word, "=");
  if (pair) {
    to.channel.floors = words_of(pair->second, ',');
  } else if (word == "forced") {
    to.channel.is_forced = true;
  } else if (word == "blacklisted") {
    to.channel.is_target_blacklisted = true;
  } else if (word == "none") {
    to.channel.target.reset();
  } else {
    to.channel.target = word;
  }
}

void read_counts(Setting& to, const std::string& word) {
  const auto pair = cut(word, "=");
  REQUIRE(pair.has_value());
  if (pair->first == "period") to.counts.granted_in_period = count(pair->second);
  if (pair->first == "updating") to.counts.updating = count(pair->second);
  if (pair->first == "timed_out") to.counts.timed_out = count(pair->second);
  if (pair->first == "attempted") to.counts.attempted = count(pair->second);
}

void read_line(Setting& to, std::string_view line) {
  const auto words = words_of(line, ' ');
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[0] == "machine") read_machine(to, words[i]);
    if (words[0] == "policy") read_policy(to, words[i]);
    if (words[0] == "channel") read_channel(to, words[i]);
    if (words[0] == "counts") read_counts(to, words[i]);
  }
  if (words[0] == "on-demand") to.is_on_demand = true;
  if (words[0] == "at") {
    to.local = {number(words[1]), number(words[2].substr(0, 2)) * 60 + number(words[2].substr(3))};
  }
}

std::string text_of(const Decision& decision) {
  std::string text = decision.version   ? *decision.version
                     : decision.refusal ? std::string(omaha_status(*decision.refusal))
                                        : "nothing";
  if (decision.status == Status::kGranted) text += " granted";
  if (decision.status == Status::kComplete) text += " complete";
  if (decision.status == Status::kOnHold) text += " onhold";
  if (decision.disables_updates) text += " disables";
  return text;
}

TEST_CASE("questions and answers of testdata/decide.txt") {
  std::ifstream file("testdata/decide.txt");
  REQUIRE(file.good());
  Setting setting;
  size_t cases = 0;
  size_t number_of_line = 0;
  for (std::string line; std::getline(file, line);) {
    ++number_of_line;
    if (line.empty() || line.starts_with('#')) continue;
    if (!line.starts_with("=> ")) {
      read_line(setting, line);
      continue;
    }
    CAPTURE(number_of_line);
    const Decision decision = decide({setting.instance, setting.policy, setting.channel,
                                      setting.counts, setting.local, setting.is_on_demand});
    CHECK(text_of(decision) == line.substr(3));
    if (decision.refusal) CHECK(!explain(*decision.refusal).empty());
    setting = {};
    ++cases;
  }
  CHECK(cases > 40);
}

TEST_CASE("who takes part at a percentage does at a higher one, and each version has its order") {
  size_t below = 0;
  size_t moved = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string id = "machine" + std::to_string(i);
    const uint32_t place = place_in_order(id, "2.0.0");
    REQUIRE(place < 100);
    below += place < 10 ? 1 : 0;
    moved += place != place_in_order(id, "2.0.1") ? 1 : 0;
  }
  CHECK(below > 120);
  CHECK(below < 280);
  CHECK(moved > 1800);
}

}  // namespace
}  // namespace argosy::update_service
