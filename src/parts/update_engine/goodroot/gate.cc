#include "parts/update_engine/goodroot/gate.h"

#include "base/format.h"
#include "io/task/wait.h"
#include "lib/systemd/bus.h"

namespace argosy::update_engine {
namespace {

using systemd::MethodName;
using systemd::Values;

constexpr const char* kManager = "org.freedesktop.systemd1";

Task<std::string> state_of(systemd::Bus& bus, std::string unit) {
  const Values loaded = co_await bus.call({.destination = kManager,
                                           .path = "/org/freedesktop/systemd1",
                                           .interface = "org.freedesktop.systemd1.Manager",
                                           .member = "LoadUnit"},
                                          {unit});
  if (loaded.size() != 1) co_return fail(Code::kInternal, "no answer to LoadUnit");
  const Values state = co_await bus.call({.destination = kManager,
                                          .path = std::string(loaded[0].text()),
                                          .interface = "org.freedesktop.DBus.Properties",
                                          .member = "Get"},
                                         {"org.freedesktop.systemd1.Unit", "ActiveState"});
  if (state.size() != 1) co_return fail(Code::kInternal, "no answer to Get");
  co_return std::string(state[0].text());
}

}  // namespace

Task<std::vector<UnitState>> units_missing(Loop& loop, systemd::Bus& bus, HealthGate gate,
                                           Duration between) {
  const MonotonicTime deadline = loop.now() + gate.limit;
  while (true) {
    std::vector<UnitState> missing;
    for (const std::string& unit : gate.units) {
      const Result<std::string> state = co_await result(state_of(bus, unit));
      if (state && *state == "active") continue;
      missing.push_back({unit, state ? *state : state.error().text()});
    }
    if (missing.empty() || loop.now() >= deadline) co_return missing;
    co_await sleep_for(loop, between);
  }
}

Result<RebootBy> parse_reboot_by(std::string_view text) {
  if (text == "no") return RebootBy::kNobody;
  if (text == "logind") return RebootBy::kLogind;
  if (text == "systemd") return RebootBy::kSystemd;
  return fail(Code::kInvalidArgument, format("--reboot is logind, systemd or no, not {}", text));
}

Task<void> reboot(systemd::Bus& bus, RebootBy by) {
  if (by == RebootBy::kLogind) {
    co_await bus.call({.destination = "org.freedesktop.login1",
                       .path = "/org/freedesktop/login1",
                       .interface = "org.freedesktop.login1.Manager",
                       .member = "Reboot"},
                      {false});
  }
  if (by == RebootBy::kSystemd) {
    co_await bus.call({.destination = kManager,
                       .path = "/org/freedesktop/systemd1",
                       .interface = "org.freedesktop.systemd1.Manager",
                       .member = "StartUnit"},
                      {"reboot.target", "replace-irreversibly"});
  }
}

}  // namespace argosy::update_engine
