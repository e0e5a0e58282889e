// The real loop: libuv for sockets and waiting, a few threads for blocking work.
#pragma once

#include <atomic>
#include <memory>

#include "io/net/stream.h"
#include "io/task/loop.h"
#include "sys/clock/clock.h"

namespace argosy {

class UvLoop final : public Loop {
 public:
  explicit UvLoop(const Clock& clock = real_clock());
  ~UvLoop() override;

  // Turns until stop() is called. A stop() before is forgotten.
  void run();
  // Any thread.
  void stop();

  WallTime wall_now() const override;
  void post_from_any_thread(std::move_only_function<void()> function) override;
  void run_on_worker(std::move_only_function<void()> work,
                     std::move_only_function<void()> done) override;
  Network& network();

  // Calls `handle` in a turn for each arrival of the signal, until the loop dies.
  void on_signal(int number, std::function<void()> handle);

  struct Impl;  // for the .cc files of this folder

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace argosy
