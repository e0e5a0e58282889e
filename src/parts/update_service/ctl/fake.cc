#include "parts/update_service/ctl/fake.h"

#include "base/format.h"
#include "io/task/scope.h"

namespace argosy::update_service::ctl {
namespace {

using omaha::EventResult;
using omaha::EventType;

struct Fleet {
  UvLoop loop{};
  const Client& client;
  Random& random;
  const FakeOptions& options;
  const std::function<void(std::string_view)>& say;
  FakeOutcome outcome{};

  void log(const Machine& machine, std::string_view text) const {
    say(format("{}: {}\n", machine.id, text));
  }
  Duration pause() const {
    const auto spread = static_cast<uint64_t>((options.most_pause - options.least_pause).count());
    const uint64_t more = spread == 0 ? 0 : random.below(spread);
    return options.least_pause + Duration(static_cast<int64_t>(more));
  }
};

// False: the service did not hear it.
Task<bool> report(Fleet* fleet, Machine machine, omaha::Event event) {
  const auto told =
      co_await result(tell(fleet->loop, fleet->client, machine, {.event = std::move(event)}));
  if (told) co_return true;
  ++fleet->outcome.unheard;
  fleet->log(machine, told.error().text());
  co_return false;
}

// What update_engine reports on its way. False: it has ended early.
Task<bool> install(Fleet* fleet, Machine machine) {
  constexpr EventType kSteps[] = {EventType::kUpdateDownloadStarted,
                                  EventType::kUpdateDownloadFinished, EventType::kUpdateComplete};
  for (const EventType step : kSteps) {
    if (step != kSteps[0]) co_await sleep_for(fleet->loop, fleet->options.event_pause);
    if (fleet->random.below(100) < fleet->options.error_percent) {
      ++fleet->outcome.failures;
      fleet->log(machine, "failed to update");
      co_await report(fleet, machine, event_of(EventType::kUpdateComplete, EventResult::kError));
      co_return false;
    }
    if (!co_await report(fleet, machine, event_of(step, EventResult::kSuccess))) co_return false;
  }
  co_return true;
}

Task<void> wait_for_reboot(Fleet* fleet, Machine machine) {
  for (uint64_t i = 0; i < fleet->options.pings; ++i) {
    (void)co_await result(tell(fleet->loop, fleet->client, machine, {.pings = true}));
    co_await sleep_for(fleet->loop, fleet->options.event_pause);
  }
}

// The machine as it is afterwards.
Task<Machine> update(Fleet* fleet, Machine machine, std::string version) {
  if (!co_await install(fleet, machine)) co_return machine;
  co_await wait_for_reboot(fleet, machine);
  fleet->log(machine, format("updated from {} to {}", machine.version, version));
  omaha::Event event = event_of(EventType::kUpdateComplete, EventResult::kSuccessReboot);
  event.previous_version = std::exchange(machine.version, std::move(version));
  // Servers take "0.0.0.0" for a first boot.
  if (event.previous_version == "0.0.0.0") event.previous_version = "0.0.0";
  machine.boot_id = new_uuid(fleet->random);
  if (co_await report(fleet, machine, std::move(event))) ++fleet->outcome.updates;
  co_return machine;
}

// True: there was nothing to do.
Task<bool> check_once(Fleet* fleet, Machine* machine) {
  const auto told = co_await result(
      tell(fleet->loop, fleet->client, *machine,
           {.checks = true,
            .event = event_of(EventType::kUpdateComplete, EventResult::kSuccessReboot)}));
  if (!told) {
    ++fleet->outcome.unheard;
    fleet->log(*machine, told.error().text());
    co_return false;
  }
  if (told->is_update()) {
    *machine = co_await update(fleet, *machine, told->version);
    co_return false;
  }
  fleet->log(*machine, told->text());
  co_return told->refusal.empty();
}

Task<void> live(Fleet* fleet, Machine machine) {
  bool is_content = false;
  for (uint64_t turn = 0; fleet->options.checks == 0 || turn < fleet->options.checks; ++turn) {
    co_await sleep_for(fleet->loop, fleet->pause());
    is_content = co_await check_once(fleet, &machine);
  }
  if (is_content) ++fleet->outcome.at_newest;
}

Task<void> stop_when_all_have_ended(Scope* machines, UvLoop* loop) {
  co_await machines->join();
  loop->stop();
}

}  // namespace

FakeOutcome run_fakes(const Client& client, Random& random, const FakeOptions& options,
                      const std::function<void(std::string_view)>& say) {
  Fleet fleet{.client = client, .random = random, .options = options, .say = say};
  // The first 14 digits are those of one run, as the original has them.
  const std::string run = format("deadbeef{:06x}", random.next() >> 40);
  Scope machines(fleet.loop), watcher(fleet.loop);
  for (uint64_t i = 0; i < options.machines; ++i) {
    Machine machine{.id = run + format("{:018x}", random.next() >> 8),
                    .boot_id = new_uuid(random),
                    .application = options.application,
                    .track = options.track,
                    .version = options.version,
                    .oem = options.oem,
                    .is_on_demand = options.is_on_demand};
    machines.spawn(live(&fleet, std::move(machine)));
  }
  watcher.spawn(stop_when_all_have_ended(&machines, &fleet.loop));
  fleet.loop.run();
  return fleet.outcome;
}

}  // namespace argosy::update_service::ctl
