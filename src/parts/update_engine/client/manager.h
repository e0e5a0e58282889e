// The daemon's object on the bus. Private to this folder.
#pragma once

#include <functional>

#include "lib/systemd/bus.h"
#include "parts/update_engine/status/status.h"

namespace argosy::update_engine {

// As it is told: names of states that are not known stay.
struct ToldStatus {
  int64_t last_checked_time = 0;
  double progress = 0;
  std::string operation;
  std::string new_version;
  int64_t new_size = 0;
};
// The five lines of -status.
std::string lines_of(const ToldStatus& status);

class Manager {
 public:
  explicit Manager(systemd::Bus& bus) : bus_(bus) {}

  // An error while nobody has the daemon's name.
  Task<void> find();
  Task<void> attempt_update();
  Task<void> reset_status();
  Task<ToldStatus> status();
  Task<void> watch(std::function<void(const ToldStatus&)> handle);

 private:
  Task<systemd::Values> call(std::string member);

  systemd::Bus& bus_;
};

}  // namespace argosy::update_engine
