#include "io/loop/uv_loop.h"

#include <csignal>

#include "base/check.h"
#include "io/loop/impl.h"

namespace argosy {

Workers::Workers(size_t count) {
  for (size_t i = 0; i < count; ++i) threads_.emplace_back([this] { serve(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::run(std::move_only_function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  wake_.notify_one();
}

void Workers::serve() {
  while (true) {
    std::move_only_function<void()> work;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

UvLoop::Impl::Impl(UvLoop& loop, const Clock& time) : owner(loop), clock(time) {
  // libuv writes with write(2); a peer that has gone is an error, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  check(uv_loop_init(&uv) == 0);
  uv.data = this;
  check(uv_async_init(&uv, &wake, [](uv_async_t* handle) {
          static_cast<Impl*>(handle->loop->data)->take_posted();
        }) == 0);
  check(uv_timer_init(&uv, &timer) == 0);
}

UvLoop::Impl::~Impl() {
  workers.reset();
  network.reset();
  for (auto& watch : signals) uv_close(reinterpret_cast<uv_handle_t*>(&watch->handle), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&wake), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
  // Each round calls the close callbacks of one before; a few may need two.
  for (int round = 0; round < 8 && uv_loop_alive(&uv) != 0; ++round) uv_run(&uv, UV_RUN_NOWAIT);
  check(uv_loop_close(&uv) == 0, "every stream and listener dies before its loop");
}

void UvLoop::Impl::take_posted() {
  std::vector<std::move_only_function<void()>> functions;
  {
    const std::lock_guard lock(mutex);
    functions.swap(posted);
  }
  for (auto& function : functions) owner.post(std::move(function));
}

void UvLoop::Impl::wait_for_outside(bool may_block) {
  uv_run_mode mode = may_block ? UV_RUN_ONCE : UV_RUN_NOWAIT;
  const auto next = owner.next_timer();
  if (may_block && next) {
    const Duration left = *next - clock.now();
    if (left <= Duration(0)) {
      mode = UV_RUN_NOWAIT;
    } else {
      const auto rounded = std::chrono::ceil<milliseconds>(left).count();
      uv_update_time(&uv);
      // libuv runs due timers before it chooses how long to poll: one that fires there,
      // because this thread was held up, must not leave it polling without a limit.
      uv_timer_start(
          &timer, [](uv_timer_t* fired) { uv_stop(fired->loop); }, static_cast<uint64_t>(rounded),
          0);
    }
  }
  is_awake = false;
  uv_run(&uv, mode);
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&timer)) != 0) uv_timer_stop(&timer);
}

UvLoop::UvLoop(const Clock& clock) : impl_(std::make_unique<Impl>(*this, clock)) {
  impl_->network = make_uv_network(*this, *impl_);
  run_turn(clock.now());
}

UvLoop::~UvLoop() = default;

void UvLoop::run() {
  impl_->stopping = false;
  run_turn(impl_->clock.now());
  while (!impl_->stopping) {
    impl_->wait_for_outside(!has_ready());
    run_turn(impl_->clock.now());
  }
}

void UvLoop::stop() {
  impl_->stopping = true;
  uv_async_send(&impl_->wake);
}

WallTime UvLoop::wall_now() const {
  return impl_->clock.wall_now();
}

void UvLoop::post_from_any_thread(std::move_only_function<void()> function) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->posted.push_back(std::move(function));
  }
  uv_async_send(&impl_->wake);
}

void UvLoop::run_on_worker(std::move_only_function<void()> work,
                           std::move_only_function<void()> done) {
  if (!impl_->workers) impl_->workers = std::make_unique<Workers>(2);
  impl_->workers->run([this, work = std::move(work), done = std::move(done)]() mutable {
    work();
    post_from_any_thread(std::move(done));
  });
}

Network& UvLoop::network() {
  return *impl_->network;
}

void UvLoop::on_signal(int number, std::function<void()> handle) {
  auto watch = std::make_unique<Impl::SignalWatch>();
  watch->handler = std::move(handle);
  check(uv_signal_init(&impl_->uv, &watch->handle) == 0);
  watch->handle.data = watch.get();
  check(uv_signal_start(
            &watch->handle,
            [](uv_signal_t* signal, int) {
              static_cast<Impl*>(signal->loop->data)->wake_up();
              static_cast<Impl::SignalWatch*>(signal->data)->handler();
            },
            number) == 0);
  impl_->signals.push_back(std::move(watch));
}

}  // namespace argosy
