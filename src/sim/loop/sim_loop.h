// A loop with a clock that only moves when told, for tests. Blocking work runs at once,
// on the same thread.
#pragma once

#include "io/task/loop.h"

namespace argosy::sim {

class SimLoop final : public Loop {
 public:
  SimLoop() { run_turn(MonotonicTime(seconds(1))); }

  WallTime wall_now() const override { return WallTime(now().time_since_epoch()); }
  void post_from_any_thread(std::move_only_function<void()> function) override {
    post(std::move(function));
  }
  void run_on_worker(std::move_only_function<void()> work,
                     std::move_only_function<void()> done) override {
    work();
    post(std::move(done));
  }

  // Everything that is ready, without letting time pass.
  void settle() { run_turn(now()); }
  // Lets time pass, stopping at each timer on the way.
  void advance(Duration duration) {
    const MonotonicTime end = now() + duration;
    run_turn(now());
    while (next_timer() && *next_timer() <= end) run_turn(*next_timer());
    run_turn(end);
  }
};

}  // namespace argosy::sim
