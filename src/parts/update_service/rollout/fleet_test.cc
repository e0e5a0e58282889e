// A fleet of machines that ask, update, fail and time out, on a clock of its own; what the
// policy promises is checked after each of their steps.
#include <cstdlib>
#include <deque>
#include <doctest/doctest.h>
#include <random>

#include "parts/update_service/rollout/decide.h"
#include "parts/update_service/rollout/report.h"

namespace argosy::update_service {
namespace {

using omaha::EventResult;
using omaha::EventType;

constexpr int64_t kPeriod = 60;
constexpr int64_t kTimeout = 3000;

struct Machine {
  Instance instance;
  int64_t granted_at = -1;
  bool is_bad = false;   // it fails to install the version
  bool is_lost = false;  // it never reports again
};

struct Fleet {
  std::mt19937_64 random;
  Policy policy;
  Channel channel{"2.0.0", false, {}, false};
  std::vector<Machine> machines;
  std::deque<int64_t> grants;
  int64_t now = 0;
  size_t failures_before_success = 0;
  size_t successes = 0;

  Fleet(uint64_t seed, size_t size) : random(seed) {
    for (size_t i = 0; i < size; ++i) {
      Machine machine;
      machine.instance = {"m" + std::to_string(i), "1.0.0", Status::kUndefined, ""};
      machines.push_back(machine);
    }
  }

  Counts counts() const {
    Counts counts;
    counts.instances = static_cast<uint32_t>(machines.size());
    for (const Machine& machine : machines) {
      if (machine.granted_at >= 0 && machine.granted_at > now - kPeriod) ++counts.granted_in_period;
      const bool updating = is_updating(machine.instance.status);
      const bool late = machine.granted_at <= now - kTimeout;
      if (updating) ++(late ? counts.timed_out : counts.updating);
      if (updating || machine.instance.granted_version != channel.target) continue;
      ++counts.attempted;
      if (machine.instance.status == Status::kComplete) ++counts.succeeded;
      if (machine.instance.status == Status::kError) ++counts.failed;
    }
    return counts;
  }

  void ask(Machine& machine) {
    const Counts before = counts();
    const Decision decision = decide({machine.instance, policy, channel, before, {1, 600}, false});
    if (decision.disables_updates) policy.updates_enabled = false;
    if (decision.status == Status::kGranted) {
      REQUIRE(policy.updates_enabled);
      machine.granted_at = now;
      machine.instance.granted_version = *decision.version;
      grants.push_back(now);
    }
    if (decision.status) machine.instance.status = *decision.status;
  }

  void report(Machine& machine, EventType type, EventResult result, std::string previous) {
    omaha::Event event;
    event.type = type;
    event.result = result;
    event.previous_version = std::move(previous);
    const Consequence consequence = consider(event, machine.instance, policy, counts(), true);
    if (consequence.rollout_failed) policy.updates_enabled = false;
    if (consequence.status) machine.instance.status = *consequence.status;
  }

  void go_on(Machine& machine) {
    switch (machine.instance.status) {
      case Status::kGranted:
        return report(machine, EventType::kUpdateDownloadStarted, EventResult::kSuccess, "");
      case Status::kDownloading:
        return report(machine, EventType::kUpdateDownloadFinished, EventResult::kSuccess, "");
      case Status::kDownloaded:
        if (!machine.is_bad)
          return report(machine, EventType::kUpdateComplete, EventResult::kSuccess, "");
        failures_before_success += successes == 0 ? 1 : 0;
        return report(machine, EventType::kUpdateComplete, EventResult::kError, "");
      case Status::kInstalled:
        machine.instance.version = machine.instance.granted_version;
        ++successes;
        return report(machine, EventType::kUpdateComplete, EventResult::kSuccessReboot, "1.0.0");
      default:
        return ask(machine);
    }
  }

  void check_promises() {
    while (!grants.empty() && grants.front() <= now - kPeriod) grants.pop_front();
    REQUIRE(grants.size() <= policy.max_updates);
    REQUIRE(counts().updating <= policy.max_updates);
    if (policy.safe_mode) REQUIRE(failures_before_success <= 1);
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      now += static_cast<int64_t>(random() % 5);
      Machine& machine = machines[random() % machines.size()];
      if (!machine.is_lost || !is_updating(machine.instance.status)) go_on(machine);
      check_promises();
    }
  }

  size_t updated() const {
    size_t count = 0;
    for (const Machine& machine : machines) count += machine.instance.version == "2.0.0" ? 1 : 0;
    return count;
  }
};

int rounds() {
  return std::getenv("ARGOSY_LONG") != nullptr ? 2000 : 30;
}

TEST_CASE("a healthy fleet is updated to the last machine, never faster than allowed") {
  for (int seed = 1; seed <= rounds(); ++seed) {
    CAPTURE(seed);
    Fleet fleet(static_cast<uint64_t>(seed), 40);
    fleet.policy.max_updates = static_cast<uint32_t>(1 + fleet.random() % 5);
    fleet.policy.safe_mode = fleet.random() % 2 == 0;
    fleet.run(20'000);
    CHECK(fleet.updated() == fleet.machines.size());
  }
}

TEST_CASE("a bad version harms one machine in safe mode") {
  for (int seed = 1; seed <= rounds(); ++seed) {
    CAPTURE(seed);
    Fleet fleet(static_cast<uint64_t>(seed), 40);
    fleet.policy.max_updates = 5;
    fleet.policy.safe_mode = true;
    for (Machine& machine : fleet.machines) machine.is_bad = true;
    fleet.run(5'000);
    CHECK(fleet.failures_before_success == 1);
    CHECK(!fleet.policy.updates_enabled);
  }
}

TEST_CASE("machines that never come back stop a rollout in safe mode") {
  for (int seed = 1; seed <= rounds(); ++seed) {
    CAPTURE(seed);
    Fleet fleet(static_cast<uint64_t>(seed), 40);
    fleet.policy.max_updates = 3;
    fleet.policy.safe_mode = true;
    for (Machine& machine : fleet.machines) machine.is_lost = true;
    fleet.run(20'000);
    CHECK(!fleet.policy.updates_enabled);
    CHECK(fleet.updated() == 0);
    CHECK(fleet.counts().timed_out == 1);  // nobody follows the first one
  }
}

}  // namespace
}  // namespace argosy::update_service
