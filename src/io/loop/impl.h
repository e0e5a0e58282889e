// What the files of this folder share: the libuv loop and its wake-up.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <uv.h>

#include "io/loop/uv_loop.h"

namespace argosy {

// A few threads that take work in order.
class Workers {
 public:
  explicit Workers(size_t count);
  ~Workers();
  void run(std::move_only_function<void()> work);

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

struct UvLoop::Impl {
  explicit Impl(UvLoop& owner, const Clock& clock);
  ~Impl();

  void take_posted();
  void wait_for_outside(bool may_block);
  // First of all in each callback of libuv.
  void wake_up() {
    if (!std::exchange(is_awake, true)) owner.set_now(clock.now());
  }

  UvLoop& owner;
  const Clock& clock;
  uv_loop_t uv{};
  uv_async_t wake{};
  uv_timer_t timer{};
  std::atomic<bool> stopping{false};
  bool is_awake = false;  // since the loop last waited

  std::mutex mutex;
  std::vector<std::move_only_function<void()>> posted;

  struct SignalWatch {
    uv_signal_t handle{};
    std::function<void()> handler;
  };
  std::vector<std::unique_ptr<SignalWatch>> signals;
  std::unique_ptr<Network> network;
  std::unique_ptr<Workers> workers;  // made at the first use
  // One read at a time on this thread, so one buffer serves all streams.
  std::array<char, 64 * 1024> read_buffer{};
};

std::unique_ptr<Network> make_uv_network(UvLoop& loop, UvLoop::Impl& impl);

// "address already in use" and so on, as Go prints errno.
std::string uv_reason(int status);

}  // namespace argosy
