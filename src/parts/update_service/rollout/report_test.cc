#include "parts/update_service/rollout/report.h"

#include <doctest/doctest.h>

namespace argosy::update_service {
namespace {

omaha::Event event(int type, int result, std::string previous_version) {
  return {.type = static_cast<omaha::EventType>(type),
          .result = static_cast<omaha::EventResult>(result),
          .error_code = 0,
          .next_version = {},
          .previous_version = std::move(previous_version)};
}

Instance machine(Status status) {
  return {"m1", "1.0.0", status, "2.0.0"};
}

Consequence of_system(const omaha::Event& event, Status before,
                      Counts counts = {10, 0, 0, 0, 3, 2, 1}) {
  Policy safe;
  safe.safe_mode = true;
  return consider(event, machine(before), safe, counts, true);
}

TEST_CASE("an update on its way") {
  CHECK(of_system(event(13, 1, ""), Status::kGranted).status == Status::kDownloading);
  CHECK(of_system(event(14, 1, ""), Status::kDownloading).status == Status::kDownloaded);
  CHECK(of_system(event(3, 1, ""), Status::kDownloaded).status == Status::kInstalled);
  CHECK(of_system(event(800, 1, ""), Status::kDownloaded).status == Status::kInstalled);
  CHECK(of_system(event(3, 2, "1.0.0"), Status::kInstalled).status == Status::kComplete);
}

TEST_CASE("an application without a reboot is complete when it says so") {
  CHECK(consider(event(3, 1, ""), machine(Status::kDownloaded), {}, {}, false).status ==
        Status::kComplete);
}

TEST_CASE("the report of every start is not the end of an update") {
  for (const char* previous : {"", "0.0.0.0"}) {
    const Consequence consequence = of_system(event(3, 2, previous), Status::kDownloading);
    CHECK(consequence.ignored == Ignored::kFirstReport);
    CHECK(consequence.status == Status::kUndefined);
  }
  // A machine that was told to update whatever it runs.
  CHECK(of_system(event(3, 2, "0.0.0"), Status::kInstalled).status == Status::kComplete);
}

TEST_CASE("who does not update reports nothing") {
  for (const Status status :
       {Status::kUndefined, Status::kComplete, Status::kError, Status::kOnHold}) {
    const Consequence consequence = of_system(event(3, 0, ""), status);
    CHECK(consequence.ignored == Ignored::kNotUpdating);
    CHECK(!consequence.status.has_value());
  }
  CHECK(of_system(event(13, 0, ""), Status::kGranted).ignored == Ignored::kUnknown);
  CHECK(of_system(event(77, 1, ""), Status::kGranted).ignored == Ignored::kUnknown);
}

TEST_CASE("the first failure stops a rollout in safe mode only") {
  const Counts first{10, 1, 1, 0, 0, 0, 0};
  const Counts later{10, 1, 1, 0, 2, 1, 1};
  CHECK(of_system(event(3, 0, ""), Status::kDownloading, first).rollout_failed);
  CHECK(!of_system(event(3, 0, ""), Status::kDownloading, later).rollout_failed);
  CHECK(of_system(event(3, 0, ""), Status::kDownloading, later).status == Status::kError);
  CHECK(!consider(event(3, 0, ""), machine(Status::kGranted), {}, first, true).rollout_failed);
}

TEST_CASE("later, as many failures as machines may update at once stop it") {
  Policy safe;
  safe.safe_mode = true;
  safe.max_updates = 3;
  const auto stops = [&](uint32_t failed) {
    return consider(event(3, 0, ""), machine(Status::kDownloaded), safe,
                    {10, 1, 1, 0, 5, 2, failed}, true)
        .rollout_failed;
  };
  CHECK(!stops(1));
  CHECK(stops(2));
}

TEST_CASE("the last success ends a rollout") {
  CHECK(
      of_system(event(3, 2, "1.0.0"), Status::kInstalled, {3, 0, 1, 0, 3, 2, 0}).rollout_finished);
  CHECK(
      !of_system(event(3, 2, "1.0.0"), Status::kInstalled, {4, 0, 1, 0, 3, 2, 0}).rollout_finished);
}

}  // namespace
}  // namespace argosy::update_service
