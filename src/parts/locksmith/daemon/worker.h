// The daemon at work: what happens is told to the strategy's machine, and what that wants
// is done. Private to this folder.
#pragma once

#include "io/loop/uv_loop.h"
#include "io/metrics/metrics.h"
#include "io/task/scope.h"
#include "lib/systemd/bus.h"
#include "parts/locksmith/daemon/config.h"
#include "parts/locksmith/daemon/reboot_lock.h"
#include "parts/locksmith/host/coordinator.h"
#include "parts/locksmith/host/local_zone.h"
#include "parts/locksmith/strategy/machine.h"

namespace argosy::locksmith {

class Worker {
 public:
  Worker(UvLoop& loop, const Config& config, std::unique_ptr<Coordinator> coordinator);

  // Connects, asks for the status, and goes on in the background; the loop is stopped at
  // the end, whose exit code is then known.
  void start();
  void on_signal() { perform(machine_->on_signal()); }
  int exit_code() const { return exit_code_; }
  Metrics& metrics() { return metrics_; }

 private:
  Task<void> connect();
  void on_bus_lost(const Error& error);
  void perform(const Actions& actions);
  void perform_one(const Action& action);
  void publish(Coordination state);
  void end(int code);
  [[noreturn]] void die(std::string_view what, const Error& error);

  // Each does one thing and tells the machine.
  Task<void> release(bool is_old);
  Task<void> lock();
  Task<void> run_before_hooks();
  Task<void> run_after_hooks();
  Task<void> ask_etcd_active();
  Task<void> ask_reboot();
  Task<void> tell_logins(std::string message);
  Task<void> run_hooks_of(std::vector<std::string> scripts, std::string_view phase);
  Result<void> mark_reboot();

  WallTime wall() const { return loop_.wall_now(); }
  void count(std::string_view what, const LockOutcome& outcome);
  std::string marker() const;

  UvLoop& loop_;
  const Config& config_;
  LocalZone zone_;
  std::unique_ptr<Coordinator> coordinator_;
  std::vector<std::string> before_hooks_;
  std::vector<std::string> after_hooks_;
  Metrics metrics_;
  std::unique_ptr<RebootLock> lock_;
  std::optional<Machine> machine_;
  std::unique_ptr<systemd::Bus> bus_;
  MonotonicTime began_;
  bool is_going_down_ = false;
  int exit_code_ = 0;
  Timer timer_;
  Timer old_timer_;
  Scope scope_;
};

}  // namespace argosy::locksmith
