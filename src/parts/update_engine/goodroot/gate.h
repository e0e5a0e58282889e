// The health gate asked of systemd, and the machine rebooted when it stays shut.
#pragma once

#include <string>
#include <vector>

#include "io/task/task.h"
#include "parts/update_engine/goodroot/health.h"

namespace argosy {
class Loop;
}
namespace argosy::systemd {
class Bus;
}

namespace argosy::update_engine {

struct UnitState {
  std::string unit;
  std::string state;  // "active", "failed" and so on, or what the manager says instead
};

// The units that are not active when all are or the limit has passed.
Task<std::vector<UnitState>> units_missing(Loop& loop, systemd::Bus& bus, HealthGate gate,
                                           Duration between = seconds(1));

enum class RebootBy : uint8_t { kNobody, kLogind, kSystemd };
Result<RebootBy> parse_reboot_by(std::string_view text);
Task<void> reboot(systemd::Bus& bus, RebootBy by);

}  // namespace argosy::update_engine
