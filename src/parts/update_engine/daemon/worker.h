// The daemon at work: what happens is told to the attempter, and what that wants is done.
// Private to this folder.
#pragma once

#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "lib/systemd/bus.h"
#include "parts/update_engine/attempt/attempter.h"
#include "parts/update_engine/daemon/options.h"
#include "parts/update_engine/install/install.h"
#include "parts/update_engine/store/store.h"

namespace argosy::update_engine {

class Worker {
 public:
  Worker(UvLoop& loop, Options options, Store store);

  // Takes its place on the bus and goes on in the background.
  void start();

 private:
  Task<void> serve();
  systemd::Interface interface();
  Task<systemd::Values> attempt_update(systemd::Values arguments);
  Task<systemd::Values> reset_status(systemd::Values arguments);
  Task<systemd::Values> get_status(systemd::Values arguments);

  void perform(const Actions& actions);
  void perform_one(const Action& action);
  void keep(const Action& action);
  void mark(bool is_marked);
  Task<void> emit_status();
  Task<void> post(Action action);
  Task<void> mark_good();
  Task<void> install(InstallPlan plan);
  Surroundings surroundings() const;

  Situation situation() const;
  Now now();

  UvLoop& loop_;
  Options options_;
  Store store_;
  Attempter attempter_;
  Installer installer_;
  std::unique_ptr<systemd::Bus> bus_;
  Timer check_timer_;
  Timer good_root_timer_;
  Scope scope_;  // dies before all that its tasks use
};

}  // namespace argosy::update_engine
