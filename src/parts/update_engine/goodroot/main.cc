// update_engine-setgoodroot (coreos-setgoodroot): what runs is marked good, if it is.
#include <cstdio>
#include <cstdlib>

#include "base/format.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "lib/cli/flag_set.h"
#include "lib/systemd/bus.h"
#include "parts/update_engine/config/settings.h"
#include "parts/update_engine/goodroot/gate.h"
#include "parts/update_engine/goodroot/good_root.h"
#include "parts/update_engine/slots/slots.h"
#include "parts/update_engine/status/good_root_exit.h"
#include "sys/clock/clock.h"

namespace argosy::update_engine {
namespace {

struct Options {
  std::string root, device, disk, rootdev, bus, reboot;
  uint64_t number = 0;
};

void say(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

void add_flags(cli::FlagSet& flags, Options& options) {
  flags.add("root", options.root, "/", "Where configuration, release and state are looked for.");
  flags.add("device", options.device, "", "The /usr partition that runs; as rootdev says.");
  flags.add("disk", options.disk, "", "Instead of the device: a disk, or the image of one.");
  flags.add("partition", options.number, 0, "With -disk: the number of the partition.");
  flags.add("rootdev", options.rootdev, "/usr/bin/rootdev", "The program rootdev.");
  flags.add("bus", options.bus, "", "Address of the system bus.");
  flags.add("reboot", options.reboot, "logind",
            "Who reboots a version that stays unhealthy: logind, systemd or no.");
}

Result<SlotOfDisk> find_slot(const Options& options) {
  if (!options.disk.empty()) {
    return SlotOfDisk{options.disk, static_cast<uint32_t>(options.number)};
  }
  std::string device = options.device;
  if (device.empty()) {
    device = TRY(running_slot({.active = "", .other = "", .rootdev = options.rootdev}));
  }
  return slot_of_device(device);
}

std::string path_below(const Options& options, std::string_view absolute) {
  return join_path(options.root, absolute.substr(1));
}

std::string running_version(const Options& options) {
  for (const std::string_view family : {"coreos", "flatcar"}) {
    const std::string path = path_below(options, format("/usr/share/{}/release", family));
    const auto text = read_file(real_disk(), path, 64 << 10);
    if (!text) continue;
    const Settings settings = parse_settings(*text);
    for (const std::string_view key : {"COREOS_RELEASE_VERSION", "FLATCAR_RELEASE_VERSION"}) {
      if (const auto found = settings.find(key); found != settings.end()) return found->second;
    }
  }
  return "unknown";
}

// For people and programs that ask, after the machine has fallen back, why it did.
Result<void> record(const Options& options, const SlotOfDisk& slot,
                    const std::vector<UnitState>& missing) {
  std::string text = format("VERSION={}\nPARTITION={}\nTIME={}\n", running_version(options),
                            slot.number, to_rfc3339(real_clock().wall_now(), 0));
  for (const UnitState& unit : missing) text += format("UNIT={} {}\n", unit.unit, unit.state);
  const std::string directory = path_below(options, "/var/lib/update_engine");
  TRY(real_disk().make_directories(directory, 0755));
  return replace_file(real_disk(), join_path(directory, "failed-version"), text, 0644);
}

struct Verdict {
  std::vector<UnitState> missing;
};

Task<void> judge(Loop* loop, const Options* options, HealthGate gate, Verdict* verdict,
                 std::unique_ptr<systemd::Bus>* bus) {
  *bus = co_await systemd::Bus::connect(*loop, options->bus);
  verdict->missing = co_await units_missing(*loop, **bus, std::move(gate));
}

Result<void> run_task(UvLoop& loop, Task<void> task) {
  std::optional<Error> error;
  Scope scope(loop, [&](const Error& why) { error.emplace(why); });
  const auto watch = [](Scope* of, UvLoop* which) -> Task<void> {
    co_await of->join();
    which->stop();
  };
  Scope watcher(loop);
  // In a turn: a stop() before run() would be forgotten.
  loop.post([&] {
    scope.spawn(std::move(task));
    watcher.spawn(watch(&scope, &loop));
  });
  loop.run();
  if (error) return fail(*std::move(error));
  return {};
}

Result<int> fall_back(UvLoop& loop, systemd::Bus& bus, const Options& options,
                      const SlotOfDisk& slot, const Verdict& verdict) {
  for (const UnitState& unit : verdict.missing) {
    say(format("{} is not active but {}", unit.unit, unit.state));
  }
  const std::string version = running_version(options);
  const SlotStanding standing = TRY(standing_of(real_disk(), slot));
  // What has been good once is not left for a unit that fails today.
  if (standing.is_good || !standing.has_other) {
    say(format("Version {} is not healthy; it stays, since {}.", version,
               standing.is_good ? "it was good before" : "there is no other to go back to"));
    return kExitNotMarked;
  }
  TRY(record(options, slot, verdict.missing));
  TRY(give_up(real_disk(), slot));
  say(format("Version {} is not healthy and was not marked good: going back to the old one.",
             version));
  const RebootBy by = TRY(parse_reboot_by(options.reboot));
  TRY(run_task(loop, reboot(bus, by)));
  return kExitFallsBack;
}

Result<int> run(const Options& options) {
  TRY(parse_reboot_by(options.reboot));
  const SlotOfDisk slot = TRY(find_slot(options));
  const HealthGate gate = TRY(read_health(real_disk(), options.root));
  if (!gate.is_open()) {
    UvLoop loop;
    std::unique_ptr<systemd::Bus> bus;
    Verdict verdict;
    TRY(run_task(loop, judge(&loop, &options, gate, &verdict, &bus)));
    if (!verdict.missing.empty()) return fall_back(loop, *bus, options, slot, verdict);
  }
  TRY(mark_good(real_disk(), slot));
  return kExitGood;
}

}  // namespace
}  // namespace argosy::update_engine

int main(int argc, char** argv) {
  using namespace argosy;
  cli::FlagSet flags("update_engine-setgoodroot");
  update_engine::Options options;
  update_engine::add_flags(flags, options);
  const auto words = flags.parse({argv + 1, argv + argc});
  if (!words || !words->empty()) {
    const bool asked = !words && words.error().code() == Code::kAborted;
    if (!words && !asked) update_engine::say(words.error().message());
    std::fputs(flags.usage().c_str(), asked ? stdout : stderr);
    return asked ? EXIT_SUCCESS : update_engine::kExitNotMarked;
  }
  const auto code = update_engine::run(options);
  if (code) return *code;
  update_engine::say(code.error().text());
  return update_engine::kExitNotMarked;
}
