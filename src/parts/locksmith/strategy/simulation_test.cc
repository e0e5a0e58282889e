// Many machines with the daemon's machine each, and one store that loses answers, delays
// writes and has no leader at times; daemons that crash, reboots that are slow to come.
// Whatever happens, no more machines are down at once than the semaphore allows.
#include <cstdlib>
#include <doctest/doctest.h>
#include <functional>
#include <queue>

#include "base/format.h"
#include "base/text.h"
#include "parts/locksmith/semaphore/semaphore.h"
#include "parts/locksmith/strategy/machine.h"
#include "sys/random/random.h"

namespace argosy::locksmith {
namespace {

using Millis = int64_t;
constexpr Millis kSecond = 1000;
constexpr Millis kMinute = 60 * kSecond;
constexpr Millis kTimeout = 7 * kSecond;

struct Faults {
  bool has_any = true;           // crashes, losses, elections
  bool are_writes_late = true;   // some arrive when nobody waits for them any more
  bool forgets_reboots = false;  // a mistake, to see that it would be found
};

class Simulation {
 public:
  Simulation(uint64_t seed, size_t machines, int64_t max, Faults faults)
      : random_(seed), faults_(faults) {
    stored_.set_max(max);
    hosts_.resize(machines);
    for (size_t i = 0; i < machines; ++i) boot(i);
    if (faults_.has_any) at(below(kMinute), [this] { elect(); });
  }

  void run_until(Millis end) {
    while (!events_.empty() && events_.top().time <= end && violation_.empty()) {
      Event event = events_.top();
      events_.pop();
      now_ = event.time;
      event.what();
    }
    now_ = std::max(now_, end);
  }
  void stop_faults() { faults_ = {.has_any = false, .are_writes_late = false}; }
  void stop_updates() { has_updates_ = false; }

  const std::string& violation() const { return violation_; }
  const Semaphore& semaphore() const { return stored_; }
  size_t reboots() const { return reboots_; }
  size_t most_down() const { return most_down_; }
  size_t waiting() const {
    return static_cast<size_t>(
        std::ranges::count_if(hosts_, [](const Host& h) { return h.needs_reboot || !h.is_up; }));
  }

 private:
  struct Host {
    bool is_up = false;
    bool needs_reboot = false;
    bool was_reboot_asked = false;  // the coordinator file of this boot
    uint64_t boot = 0;
    uint64_t life = 0;  // of the daemon; events of an earlier one are void
    std::unique_ptr<Machine> machine;
    uint64_t timer = 0;  // the newest wait
  };
  struct Event {
    Millis time;
    uint64_t order;
    std::function<void()> what;
    bool operator<(const Event& other) const {
      return std::pair(other.time, other.order) < std::pair(time, order);
    }
  };

  void at(Millis delay, std::function<void()> what) {
    events_.push({now_ + delay, ++order_, std::move(what)});
  }
  Millis below(Millis bound) {
    return static_cast<Millis>(random_.below(static_cast<uint64_t>(bound)));
  }
  // Only if the daemon that it is for still lives.
  void for_life(size_t i, Millis delay, std::function<void()> what) {
    at(delay, [this, i, life = hosts_[i].life, what = std::move(what)] {
      if (hosts_[i].machine && hosts_[i].life == life) what();
    });
  }
  WallTime wall() const { return WallTime(milliseconds(now_)); }
  static std::string id(size_t i) { return format("machine{:02}", i); }

  // -- Machines.

  void boot(size_t i) {
    Host& host = hosts_[i];
    host.is_up = true;
    host.needs_reboot = false;
    host.was_reboot_asked = false;
    ++host.boot;
    start_daemon(i);
    at(below(20 * kMinute), [this, i, boot = host.boot] {
      if (has_updates_ && hosts_[i].boot == boot && hosts_[i].is_up) need_reboot(i);
    });
  }

  void need_reboot(size_t i) {
    hosts_[i].needs_reboot = true;
    if (hosts_[i].machine) perform(i, hosts_[i].machine->on_status(kNeedReboot, wall()));
  }

  void start_daemon(size_t i) {
    Host& host = hosts_[i];
    MachineSettings settings;
    settings.strategy = "etcd-lock";
    settings.is_resuming = host.was_reboot_asked && !faults_.forgets_reboots;
    ++host.life;
    host.machine = std::make_unique<Machine>(std::move(settings));
    perform(i, host.machine->start());
    for_life(i, below(kSecond), [this, i] {
      perform(i, hosts_[i].machine->on_status(
                     hosts_[i].needs_reboot ? kNeedReboot : "UPDATE_STATUS_IDLE", wall()));
    });
    if (faults_.has_any && random_.chance(2)) {
      const Millis soon = random_.chance(2) ? 20 * kSecond : 10 * kMinute;
      for_life(i, below(soon), [this, i] { end_daemon(i); });
    }
  }

  void end_daemon(size_t i) {
    hosts_[i].machine.reset();
    at(10 * kSecond, [this, i, boot = hosts_[i].boot] {
      Host& host = hosts_[i];
      if (host.is_up && host.boot == boot && !host.machine) start_daemon(i);
    });
  }

  void go_down(size_t i) {
    Host& host = hosts_[i];
    host.is_up = false;
    host.machine.reset();
    ++host.life;
    ++reboots_;
    const auto down =
        static_cast<size_t>(std::ranges::count_if(hosts_, [](const Host& h) { return !h.is_up; }));
    most_down_ = std::max(most_down_, down);
    if (static_cast<int64_t>(down) > stored_.max) {
      violation_ = format("{} of at most {} are down at {} ms, the last is {}", down, stored_.max,
                          now_, id(i));
    }
    at(10 * kSecond + below(2 * kMinute), [this, i] { boot(i); });
  }

  void perform(size_t i, Actions actions) {
    for (const Action& action : actions) {
      if (!hosts_[i].machine) return;
      perform_one(i, action);
    }
  }

  void perform_one(size_t i, const Action& action) {
    using Kind = Action::Kind;
    const auto machine = [this, i]() -> Machine& { return *hosts_[i].machine; };
    const Millis pause = std::chrono::duration_cast<milliseconds>(action.wait).count();
    switch (action.kind) {
      case Kind::kPublish:
        hosts_[i].was_reboot_asked = action.state == Coordination::kRebooting;
        break;
      case Kind::kWaitOld:
        for_life(i, pause, [=, this] { perform(i, machine().on_old_timer()); });
        break;
      case Kind::kWait:
        for_life(i, pause, [=, this, timer = ++hosts_[i].timer] {
          if (hosts_[i].timer == timer) perform(i, machine().on_timer(wall()));
        });
        break;
      case Kind::kReleaseOld:
        change(i, false, [=, this](const LockOutcome& outcome) {
          perform(i, machine().on_old_released(outcome, wall()));
        });
        break;
      case Kind::kRelease:
        change(i, false, [=, this](const LockOutcome& outcome) {
          perform(i, machine().on_released(outcome, wall()));
        });
        break;
      case Kind::kLock:
        change(i, true,
               [=, this](const LockOutcome& outcome) { perform(i, machine().on_locked(outcome)); });
        break;
      case Kind::kBroadcast:
        for_life(i, 1, [=, this] { perform(i, machine().on_broadcast(random_.chance(4))); });
        break;
      case Kind::kReboot:
        ask_reboot(i);
        break;
      case Kind::kExit:
        end_daemon(i);
        break;
      default:
        break;
    }
  }

  void ask_reboot(size_t i) {
    if (faults_.has_any && random_.chance(6)) {
      return for_life(i, kSecond, [this, i] {
        perform(i, hosts_[i].machine->on_reboot_sent(fail(Code::kUnavailable, "refused")));
      });
    }
    at(below(40 * kSecond), [this, i, boot = hosts_[i].boot] {
      if (hosts_[i].is_up && hosts_[i].boot == boot) go_down(i);
    });
    for_life(i, 10, [this, i] { perform(i, hosts_[i].machine->on_reboot_sent({})); });
  }

  // -- The store.

  void elect() {
    if (!faults_.has_any) return;
    no_leader_until_ = now_ + below(20 * kSecond);
    at(below(5 * kMinute), [this] { elect(); });
  }

  bool is_lost() { return now_ < no_leader_until_ || (faults_.has_any && random_.chance(5)); }

  using Done = std::function<void(const LockOutcome&)>;

  // Reads the semaphore and writes it back if nobody has meanwhile: two messages, each of
  // which, or whose answer, may be lost.
  void change(size_t i, bool locks, const Done& done) {
    if (is_lost()) return time_out(i, done);
    for_life(i, 1 + below(50), [=, this] {
      Semaphore next = stored_;
      const bool holds = next.is_held_by(id(i));
      if (holds == locks) return done({LockOutcome::How::kAlready});
      const auto possible = locks ? next.lock(id(i)) : next.unlock(id(i));
      if (!possible) return done({LockOutcome::How::kFailed, possible.error().message()});
      write(i, next, version_, done);
    });
  }

  void write(size_t i, const Semaphore& next, uint64_t version, const Done& done) {
    if (is_lost()) {
      time_out(i, done);
      if (random_.chance(2)) return;
      // It arrives all the same, perhaps long after.
      const Millis late = faults_.are_writes_late ? 3 * kMinute : kTimeout;
      return at(below(late), [=, this] { swap(next, version); });
    }
    at(1 + below(50), [=, this, life = hosts_[i].life] {
      const bool swapped = swap(next, version);
      if (!hosts_[i].machine || hosts_[i].life != life) return;
      done(swapped ? LockOutcome{} : LockOutcome{LockOutcome::How::kFailed, "Compare failed"});
    });
  }

  bool swap(const Semaphore& next, uint64_t version) {
    if (version != version_) return false;
    stored_ = next;
    ++version_;
    return true;
  }

  void time_out(size_t i, const Done& done) {
    for_life(i, kTimeout, [=] { done({LockOutcome::How::kFailed, "no answer"}); });
  }

  SeededRandom random_;
  Faults faults_;
  bool has_updates_ = true;
  Millis now_ = 0;
  uint64_t order_ = 0;
  std::priority_queue<Event> events_;
  std::vector<Host> hosts_;
  Semaphore stored_;
  uint64_t version_ = 1;
  Millis no_leader_until_ = 0;
  size_t reboots_ = 0;
  size_t most_down_ = 0;
  std::string violation_;
};

uint64_t first_seed() {
  const char* given = std::getenv("ARGOSY_SEED");
  return given != nullptr ? *parse_uint(given) : real_random().next() >> 16;
}
uint64_t rounds() {
  if (std::getenv("ARGOSY_SEED") != nullptr) return 1;
  return std::getenv("ARGOSY_LONG") != nullptr ? 20'000 : 300;
}

TEST_CASE("never more down at once than the semaphore allows, whatever is lost") {
  const uint64_t base = first_seed();
  size_t reboots = 0;
  for (uint64_t seed = base; seed < base + rounds(); ++seed) {
    CAPTURE(seed);
    const auto max = static_cast<int64_t>(1 + seed % 4);
    Simulation simulation(seed, 5 + seed % 16, max, {});
    simulation.run_until(3 * 60 * kMinute);
    REQUIRE_EQ(simulation.violation(), "");
    CHECK_LE(simulation.semaphore().holders.size(), static_cast<size_t>(max));
    reboots += simulation.reboots();
  }
  CHECK_GT(reboots, rounds());
}

TEST_CASE("when the faults are over everybody gets a turn and the lock is free again") {
  const uint64_t base = first_seed();
  for (uint64_t seed = base; seed < base + rounds() / 3 + 1; ++seed) {
    CAPTURE(seed);
    const auto max = static_cast<int64_t>(1 + seed % 3);
    Simulation simulation(seed, 3 + seed % 8, max, {.are_writes_late = false});
    simulation.run_until(60 * kMinute);
    simulation.stop_faults();
    simulation.stop_updates();
    simulation.run_until(12 * 60 * kMinute);
    REQUIRE_EQ(simulation.violation(), "");
    CHECK_EQ(simulation.waiting(), 0);
    CHECK_EQ(simulation.semaphore().free, max);
    CHECK(simulation.semaphore().holders.empty());
  }
}

TEST_CASE("all places are used") {
  Simulation simulation(7, 20, 3, {.has_any = false, .are_writes_late = false});
  simulation.run_until(3 * 60 * kMinute);
  CHECK_EQ(simulation.violation(), "");
  CHECK_EQ(simulation.most_down(), 3);
}

TEST_CASE("a daemon that forgot that it had asked for the reboot would be found") {
  size_t found = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Simulation simulation(seed, 12, 1, {.forgets_reboots = true});
    simulation.run_until(3 * 60 * kMinute);
    found += simulation.violation().empty() ? 0 : 1;
  }
  CHECK_GT(found, 0);
}

}  // namespace
}  // namespace argosy::locksmith
