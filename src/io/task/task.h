// Task<T>: a lazy coroutine that ends with a T or with an Error.
//
//   Task<Bytes> fetch(...)        co_await it: its value, or this coroutine ends with
//                                 its error, as TRY does in plain functions.
//   co_await result(fetch(...))   its Result<Bytes>, for who wants to look.
//   co_await parse(text)          a Result<T> may be awaited too, with the same effect.
//   co_await failure(code, text)  ends this coroutine with an error.
//
// A Task runs when it is awaited, or when a Scope takes it, and is owned by who awaits
// it. Dropping a Task destroys its frame, and so everything that it waits for: that is
// the only form of cancellation. Each thing that can be awaited therefore forgets its
// waiter when the waiter is destroyed, and cleaning up is done by destructors.
//
// Errors climb without resuming the coroutines between: their frames are destroyed by
// the first ancestor that asked for a Result. One thread; never capture by a lambda
// coroutine (its captures die before it does): pass parameters by value.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/result.h"
#include "io/task/frame_pool.h"

namespace argosy {

template <typename T = void>
class Task;

namespace task_internal {

// Told when a task that nobody awaits has ended.
class Completion {
 public:
  virtual void on_complete() = 0;

 protected:
  ~Completion() = default;
};

struct PromiseBase : Pooled {
  std::coroutine_handle<> awaiter;      // resumed with the outcome
  PromiseBase* propagate_to = nullptr;  // fails instead, when the outcome is an error
  Completion* completion = nullptr;     // instead of an awaiter, at the root
  std::optional<Error> error;

  // Whom to resume now that `from` has ended.
  static std::coroutine_handle<> finish(PromiseBase* from) {
    while (from->error && from->propagate_to != nullptr) {
      from->propagate_to->error = std::move(from->error);
      from = from->propagate_to;
    }
    if (from->completion != nullptr) {
      from->completion->on_complete();
      return std::noop_coroutine();
    }
    return from->awaiter ? from->awaiter : std::noop_coroutine();
  }

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <typename P>
    // Not inlined: the frame may be gone when finish() returns.
    [[gnu::noinline]] std::coroutine_handle<> await_suspend(
        std::coroutine_handle<P> self) const noexcept {
      return finish(&self.promise());
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept {
    unreachable("no exception leaves a task");
  }

  template <typename T>
  struct ResultAwaiter {
    Result<T> outcome;
    bool await_ready() const noexcept { return outcome.has_value(); }
    template <typename P>
    [[gnu::noinline]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) {
      self.promise().error = std::move(outcome).error();
      return finish(&self.promise());
    }
    T await_resume() { return *std::move(outcome); }
  };

  template <typename T>
  ResultAwaiter<T> await_transform(Result<T> outcome) {
    return {std::move(outcome)};
  }
  template <typename A>
    requires(!requires(A a) { typename std::remove_cvref_t<A>::unexpected_type; })
  A&& await_transform(A&& awaitable) {
    return std::forward<A>(awaitable);
  }
};

template <typename T>
struct Promise : PromiseBase {
  std::optional<T> value;

  Task<T> get_return_object();
  template <typename U>
  void return_value(U&& outcome) {
    if constexpr (std::is_same_v<std::remove_cvref_t<U>, std::unexpected<Error>>) {
      error.emplace(std::forward<U>(outcome).error());
    } else if constexpr (std::is_same_v<std::remove_cvref_t<U>, Result<T>>) {
      if (outcome) {
        value.emplace(*std::forward<U>(outcome));
      } else {
        error.emplace(std::forward<U>(outcome).error());
      }
    } else {
      value.emplace(std::forward<U>(outcome));
    }
  }
  void return_value(T outcome) { value.emplace(std::move(outcome)); }
  T take() { return *std::move(value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() const {}
  void take() const {}
};

template <typename T>
class Owner {
 public:
  using Handle = std::coroutine_handle<Promise<T>>;
  Owner() = default;
  explicit Owner(Handle handle) : handle_(handle) {}
  Owner(Owner&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Owner& operator=(Owner&& other) noexcept {
    if (this != &other) {
      destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Owner() { destroy(); }

  Handle get() const { return handle_; }

 private:
  void destroy() {
    if (handle_) std::exchange(handle_, {}).destroy();
  }
  Handle handle_;
};

template <typename T>
struct TaskAwaiter {
  Owner<T> task;

  bool await_ready() const noexcept { return false; }
  template <typename P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) {
    task.get().promise().awaiter = self;
    task.get().promise().propagate_to = &self.promise();
    return task.get();
  }
  T await_resume() { return task.get().promise().take(); }
};

template <typename T>
struct OutcomeAwaiter {
  Owner<T> task;

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> self) {
    task.get().promise().awaiter = self;
    return task.get();
  }
  Result<T> await_resume() {
    Promise<T>& promise = task.get().promise();
    if (promise.error) return std::unexpected<Error>(*std::move(promise.error));
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return promise.take();
    }
  }
};

}  // namespace task_internal

template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = task_internal::Promise<T>;

  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> handle) : owner_(handle) {}

  task_internal::TaskAwaiter<T> operator co_await() && { return {std::move(owner_)}; }
  task_internal::Owner<T> take_owner() && { return std::move(owner_); }

 private:
  task_internal::Owner<T> owner_;
};

// co_await result(task): the outcome as a value.
template <typename T>
task_internal::OutcomeAwaiter<T> result(Task<T> task) {
  return {std::move(task).take_owner()};
}

// co_await failure(...): ends a coroutine that returns nothing with an error.
inline Result<void> failure(Code code, std::string message) {
  return fail(code, std::move(message));
}
inline Result<void> failure(Error error) {
  return fail(std::move(error));
}

namespace task_internal {
template <typename T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}
}  // namespace task_internal

}  // namespace argosy
