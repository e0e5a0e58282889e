#include "parts/locksmith/semaphore/semaphore.h"

#include <doctest/doctest.h>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "base/format.h"
#include "base/text.h"
#include "parts/locksmith/semaphore/keys.h"
#include "parts/locksmith/semaphore/stale.h"

namespace argosy::locksmith {
namespace {

// One step of a case: what happens to the value that a store holds.
std::string do_step(StoredSemaphore& stored, const std::vector<std::string_view>& words) {
  Semaphore& semaphore = stored.semaphore;
  Result<void> outcome;
  if (words[0] == "lock") {
    outcome = semaphore.lock(words[1]);
  } else if (words[0] == "unlock") {
    outcome = semaphore.unlock(words[1]);
  } else if (words[0] == "set-max") {
    semaphore.set_max(*parse_int(words[1]));
  } else {
    return format("no such step: {}", words[0]);
  }
  if (!outcome) return "error: " + outcome.error().message();
  stored.has_list = stored.has_list || words[0] == "lock";
  return to_json(semaphore, stored.has_list);
}

TEST_CASE("the cases in testdata/semaphore.txt") {
  std::ifstream file("testdata/semaphore.txt");
  REQUIRE(file);
  std::string line;
  StoredSemaphore stored;
  std::string got;
  int number = 0;
  int checked = 0;
  while (std::getline(file, line)) {
    ++number;
    CAPTURE(number);
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("= ")) {
      CHECK_EQ(got, line.substr(2));
      ++checked;
      continue;
    }
    if (line.starts_with("stored ")) {
      auto parsed = parse_semaphore(line.substr(7));
      stored = parsed ? *std::move(parsed) : StoredSemaphore();
      got = parsed ? to_json(stored.semaphore, stored.has_list) : "error: " + parsed.error().text();
      continue;
    }
    got = do_step(stored, split(line, ' '));
  }
  CHECK_GE(checked, 30);
}

TEST_CASE("a new semaphore is the original's") {
  CHECK_EQ(to_json(Semaphore()), R"({"semaphore":1,"max":1,"holders":null})");
}

TEST_CASE("against a set of names") {
  const uint64_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    Semaphore semaphore;
    std::set<std::string> holders;
    int64_t max = 1;
    for (int step = 0; step < 60; ++step) {
      const std::string id = format("m{}", random() % 12);
      const int64_t free = max - static_cast<int64_t>(holders.size());
      switch (random() % 5) {
        case 0:
          max = static_cast<int64_t>(random() % 8);
          semaphore.set_max(max);
          break;
        case 1:
        case 2: {
          const auto done = semaphore.lock(id);
          CHECK_EQ(done.has_value(), free > 0 && !holders.contains(id));
          if (done) holders.insert(id);
          break;
        }
        default:
          CHECK_EQ(semaphore.unlock(id).has_value(), holders.erase(id) == 1);
      }
      CHECK_EQ(semaphore.free, max - static_cast<int64_t>(holders.size()));
      CHECK(std::ranges::equal(semaphore.holders, holders));
      const auto again = parse_semaphore(to_json(semaphore, true));
      REQUIRE(again);
      CHECK(again->semaphore == semaphore);
    }
  }
}

TEST_CASE("keys of groups") {
  CHECK_EQ(semaphore_key(""), "coreos.com/updateengine/rebootlock/semaphore");
  CHECK_EQ(semaphore_key("web"), "coreos.com/updateengine/rebootlock/groups/web/semaphore");
  CHECK_EQ(semaphore_key("a b/c"), "coreos.com/updateengine/rebootlock/groups/a+b%2Fc/semaphore");
  CHECK_EQ(semaphore_key(".."), semaphore_key(""));
  CHECK_EQ(semaphore_key("."), "coreos.com/updateengine/rebootlock/groups/semaphore");
  CHECK_EQ(query_escape("az AZ09-_.~"), "az+AZ09-_.~");
  CHECK_EQ(query_escape("!*'();:@&=+$,/?#[]%\"\n\xC3\xBC"),
           "%21%2A%27%28%29%3B%3A%40%26%3D%2B%24%2C%2F%3F%23%5B%5D%25%22%0A%C3%BC");
}

TEST_CASE("notes of holders") {
  const HolderNote note{"69d27b356a94476da859461d3a3bc6fd", 1397496396};
  CHECK_EQ(to_json(note),
           R"({"machineID":"69d27b356a94476da859461d3a3bc6fd","startTime":1397496396})");
  CHECK(parse_holder_note(to_json(note)) == note);
  CHECK_FALSE(parse_holder_note("{}"));
  CHECK_FALSE(parse_holder_note("[1]"));
  CHECK_FALSE(parse_holder_note(R"({"machineID":"a","startTime":"x"})"));
  CHECK_EQ(holder_key("", "a/b"), "coreos.com/updateengine/rebootlock/holders/a%2Fb");
  CHECK_EQ(holder_key("g", "a"), "coreos.com/updateengine/rebootlock/groups/g/holders/a");
}

TEST_CASE("stale holders") {
  const std::vector<HolderNote> notes{{"old", 1000},    {"just", 3400}, {"new", 4000},
                                      {"future", 9000}, {"own", 0},     {"absurd", INT64_MIN}};
  const auto stale = stale_holders(notes, WallTime(seconds(7000)), hours(1), "own");
  REQUIRE_EQ(stale.size(), 2);
  CHECK_EQ(stale[0].machine, "old");
  CHECK_EQ(stale[1].machine, "absurd");
  CHECK(parse_stale_policy("") == StalePolicy::kOff);
  CHECK(parse_stale_policy("report") == StalePolicy::kReport);
  CHECK(parse_stale_policy("release") == StalePolicy::kRelease);
  CHECK_FALSE(parse_stale_policy("evict"));
}

}  // namespace
}  // namespace argosy::locksmith
