// Two updates, one of them bad, on a machine whose disk fails or crashes at each of its writes.
#include <cerrno>
#include <cstdlib>
#include <doctest/doctest.h>

#include "parts/update_engine/simulation/machine_test.h"

namespace argosy::update_engine {
namespace {

constexpr int kMostBoots = 40;

struct Fault {
  enum class Kind : uint8_t { kNone, kCrash, kWriteError, kFullDisk };
  Kind kind = Kind::kNone;
  uint64_t at = 0;  // the mutating call, from 1
};

struct Story {
  int boots = 0;
  int bad_boots = 0;
  int fallbacks = 0;
  int refusals = 0;
  int resumptions = 0;
  uint64_t writes = 0;
};

Result<Story> live(uint64_t seed, Fault fault) {
  UpdateServer server;
  Machine machine(server, seed);
  const uint64_t before = machine.disk().mutating_calls();
  if (fault.kind == Fault::Kind::kCrash) machine.disk().crash_at(fault.at);
  if (fault.kind == Fault::Kind::kWriteError) machine.disk().fail_at(fault.at, EIO);
  if (fault.kind == Fault::Kind::kFullDisk) machine.disk().fail_at(fault.at, ENOSPC);
  while (!server.has_settled()) {
    if (machine.boots() > kMostBoots) return fail(Code::kInternal, "it boots for ever");
    TRY(machine.boot_once());
  }
  // A fault at the very end may be seen by the next boot only.
  TRY(machine.boot_once());
  TRY(machine.check_table());
  if (machine.running() != server.target()) {
    return fail(Code::kInternal, format("in the end {} runs", machine.running()));
  }
  return Story{machine.boots(),   machine.bad_boots(),   server.fallbacks(),
               server.refusals(), machine.resumptions(), machine.disk().mutating_calls() - before};
}

// How often an interrupted installation went on.
int check_story(uint64_t seed, Fault fault, int most_bad_boots) {
  CAPTURE(seed);
  CAPTURE(static_cast<int>(fault.kind));
  CAPTURE(fault.at);
  const auto story = live(seed, fault);
  if (!story) FAIL(story.error().text());
  CHECK_GE(story->bad_boots, 1);
  CHECK_LE(story->bad_boots, most_bad_boots);
  CHECK_GE(story->fallbacks, 1);
  CHECK_GE(story->refusals, 2);
  return story->resumptions;
}

TEST_CASE("two updates, one of them bad: fallen back, reported, not tried again") {
  for (uint64_t seed = 1; seed <= 20; ++seed) check_story(seed, {}, 1);
}

TEST_CASE("a crash, a failing write, a full disk at every write") {
  const bool is_long = std::getenv("ARGOSY_LONG") != nullptr;
  const uint64_t seeds = is_long ? 20 : 1;
  int resumptions = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto story = live(seed, {});
    REQUIRE(story.has_value());
    MESSAGE("seed " << seed << ": " << story->writes << " writes, " << story->boots << " boots");
    for (uint64_t at = 1; at <= story->writes; ++at) {
      // Between the switch of the table and the prefs that remember it the power may go: then
      // the bad version is tried once more.
      resumptions += check_story(seed, {Fault::Kind::kCrash, at}, 2);
      check_story(seed, {Fault::Kind::kWriteError, at}, 2);
      if (is_long || at % 4 == 0) check_story(seed, {Fault::Kind::kFullDisk, at}, 2);
    }
  }
  CHECK_GE(resumptions, 50);
}

}  // namespace
}  // namespace argosy::update_engine
