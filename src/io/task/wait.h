// What a coroutine can wait for: a value that somebody will set, a wake-up, time.
#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "io/task/loop.h"
#include "io/task/task.h"

namespace argosy {

// A value or an error that arrives once. One coroutine waits, on the loop's thread,
// and is resumed in a turn of the loop, never inside set().
//
//   Eventual<Bytes> answer(loop);  ...  Bytes bytes = co_await co_await answer.wait();
template <typename T>
class Eventual {
 public:
  explicit Eventual(Loop& loop) : loop_(loop) {}

  void set(Result<T> value) {
    if (value_) return;
    value_.emplace(std::move(value));
    if (waiter_ != nullptr) loop_.schedule(*waiter_);
  }
  bool is_set() const { return value_.has_value(); }

  // Dies before its Eventual does.
  class Awaiter {
   public:
    explicit Awaiter(Eventual& eventual) : eventual_(eventual) {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    ~Awaiter() {
      if (eventual_.waiter_ == &resumption_) eventual_.waiter_ = nullptr;
    }
    bool await_ready() const noexcept { return eventual_.value_.has_value(); }
    void await_suspend(std::coroutine_handle<> self) {
      check(eventual_.waiter_ == nullptr, "one waits");
      resumption_.set(self);
      eventual_.waiter_ = &resumption_;
    }
    Result<T> await_resume() { return *std::move(eventual_.value_); }

   private:
    Eventual& eventual_;
    Resumption resumption_;
  };
  // Gives the Result; await that in turn to have errors climb.
  Awaiter wait() { return Awaiter(*this); }

 private:
  Loop& loop_;
  std::optional<Result<T>> value_;
  Resumption* waiter_ = nullptr;
};

// Something changed: look again. Any number of coroutines wait; each wakes once for a
// notify_all() that came after it began to wait.
class Wakeup {
 public:
  explicit Wakeup(Loop& loop) : loop_(loop) { head_.make_head(); }
  ~Wakeup();

  void notify_all();

  class Awaiter {
   public:
    explicit Awaiter(Wakeup& wakeup) : wakeup_(wakeup) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) {
      resumption_.set(self);
      resumption_.link_before(wakeup_.head_);
    }
    void await_resume() const noexcept {}

   private:
    Wakeup& wakeup_;
    Resumption resumption_;
  };
  Awaiter wait() { return Awaiter(*this); }

 private:
  Loop& loop_;
  ListNode head_;
};

// co_await sleep_until(loop, time)
class SleepAwaiter {
 public:
  SleepAwaiter(Loop& loop, MonotonicTime at)
      : at_(at), timer_(loop, [this] { timer_.loop().schedule(resumption_); }) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    resumption_.set(self);
    timer_.arm_at(at_);
  }
  void await_resume() const noexcept {}

 private:
  MonotonicTime at_;
  Resumption resumption_;
  Timer timer_;
};
inline SleepAwaiter sleep_until(Loop& loop, MonotonicTime at) {
  return {loop, at};
}
inline SleepAwaiter sleep_for(Loop& loop, Duration delay) {
  return {loop, loop.now() + delay};
}

// The task's outcome, or DeadlineExceeded ("context deadline exceeded") at `at`; the
// task is destroyed then.
template <typename T>
class DeadlineAwaiter final : private task_internal::Completion {
 public:
  DeadlineAwaiter(Loop& loop, MonotonicTime at, Task<T> task)
      : loop_(loop),
        at_(at),
        timer_(loop, [this] { on_time(); }),
        task_(std::move(task).take_owner()) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    resumption_.set(self);
    timer_.arm_at(at_);
    task_.get().promise().completion = this;
    task_.get().resume();
  }
  Result<T> await_resume() {
    if (late_) return fail(Code::kDeadlineExceeded, "context deadline exceeded");
    auto& promise = task_.get().promise();
    if (promise.error) return fail(*std::move(promise.error));
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return promise.take();
    }
  }

 private:
  void on_complete() override {
    timer_.disarm();
    loop_.schedule(resumption_);
  }
  void on_time() {
    late_ = true;
    task_ = {};
    loop_.schedule(resumption_);
  }

  Loop& loop_;
  MonotonicTime at_;
  bool late_ = false;
  Resumption resumption_;
  Timer timer_;
  task_internal::Owner<T> task_;
};
template <typename T>
DeadlineAwaiter<T> with_deadline(Loop& loop, MonotonicTime at, Task<T> task) {
  return DeadlineAwaiter<T>(loop, at, std::move(task));
}

// The outcome of whichever task ends first; the other is destroyed then.
class FirstOfAwaiter final {
 public:
  FirstOfAwaiter(Loop& loop, Task<void> a, Task<void> b)
      : loop_(loop), sides_{Side(*this, std::move(a)), Side(*this, std::move(b))} {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    resumption_.set(self);
    for (Side& side : sides_) {
      if (first_ == nullptr) side.start();
    }
  }
  Result<void> await_resume() {
    for (Side& side : sides_) {
      if (&side != first_) side.task = {};
    }
    auto& promise = first_->task.get().promise();
    if (promise.error) return fail(*std::move(promise.error));
    return {};
  }

 private:
  struct Side final : task_internal::Completion {
    Side(FirstOfAwaiter& owner_of, Task<void> task_of)
        : owner(owner_of), task(std::move(task_of).take_owner()) {}
    void start() {
      task.get().promise().completion = this;
      task.get().resume();
    }
    void on_complete() override {
      if (owner.first_ != nullptr) return;
      owner.first_ = this;
      owner.loop_.schedule(owner.resumption_);
    }
    FirstOfAwaiter& owner;
    task_internal::Owner<void> task;
  };

  Loop& loop_;
  Resumption resumption_;
  Side* first_ = nullptr;
  Side sides_[2];
};
inline FirstOfAwaiter first_of(Loop& loop, Task<void> a, Task<void> b) {
  return {loop, std::move(a), std::move(b)};
}

// An Eventual whose setter may outlive it: the waiter owns the Eventual, whoever brings
// the value keeps a Setter, which does nothing once the waiter is gone. One thread.
template <typename T>
class DetachedEventual {
 public:
  explicit DetachedEventual(Loop& loop)
      : value_(loop), place_(std::make_shared<Eventual<T>*>(&value_)) {}
  DetachedEventual(const DetachedEventual&) = delete;
  DetachedEventual& operator=(const DetachedEventual&) = delete;
  ~DetachedEventual() { *place_ = nullptr; }

  class Setter {
   public:
    explicit Setter(std::shared_ptr<Eventual<T>*> place) : place_(std::move(place)) {}
    void set(Result<T> value) const {
      if (*place_ != nullptr) (*place_)->set(std::move(value));
    }

   private:
    std::shared_ptr<Eventual<T>*> place_;
  };
  Setter setter() const { return Setter(place_); }
  auto wait() { return value_.wait(); }

 private:
  Eventual<T> value_;
  std::shared_ptr<Eventual<T>*> place_;
};

// Runs a plain function on another thread. When the waiter is dropped the function
// still runs to its end, so it must own all that it touches.
template <typename T>
Task<T> on_worker(Loop& loop, std::move_only_function<Result<T>()> work) {
  DetachedEventual<T> done(loop);
  auto outcome = std::make_shared<std::optional<Result<T>>>();
  loop.run_on_worker([outcome, work = std::move(work)]() mutable { outcome->emplace(work()); },
                     [outcome, setter = done.setter()] { setter.set(*std::move(*outcome)); });
  Result<T> result = co_await done.wait();
  if constexpr (std::is_void_v<T>) {
    co_await std::move(result);
  } else {
    co_return std::move(result);
  }
}

}  // namespace argosy
