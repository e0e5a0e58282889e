// Loop: one thread's turns. It resumes what is ready, fires timers, and at the end of
// a turn lets the streams send what was written; then it waits for the outside. This
// part is the same for the real loop (io/loop) and a simulated one: only waiting and
// the time of day differ.
//
// All of it belongs to the loop's thread, except post_from_any_thread.
#pragma once

#include <coroutine>
#include <functional>
#include <vector>

#include "base/time.h"

namespace argosy {

// An intrusive member of one doubly linked list; unlinks itself when it dies.
class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }

  bool is_linked() const { return next_ != nullptr; }
  void unlink();
  void link_before(ListNode& other);
  ListNode* next() const { return next_; }
  // A list's head points at itself when the list is empty.
  void make_head() { prev_ = next_ = this; }

 private:
  ListNode* prev_ = nullptr;
  ListNode* next_ = nullptr;
};

// Something that a loop runs once, soon. Dying or unlink() takes it out again.
class Runnable : public ListNode {
 public:
  virtual void run() = 0;

 protected:
  ~Runnable() = default;
};

// A suspended coroutine as a Runnable.
class Resumption final : public Runnable {
 public:
  void set(std::coroutine_handle<> handle) { handle_ = handle; }
  bool is_set() const { return static_cast<bool>(handle_); }
  void run() override { std::exchange(handle_, {}).resume(); }

 private:
  std::coroutine_handle<> handle_;
};

class Loop;

// Fires once at a time; arming again moves it; dying disarms it. What is armed while
// timers fire waits for the next turn, even if it is due: none can hold up a turn.
class Timer {
 public:
  explicit Timer(Loop& loop, std::function<void()> fire) : loop_(loop), fire_(std::move(fire)) {}
  ~Timer() { disarm(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void arm_at(MonotonicTime at);
  void arm_after(Duration delay);
  void disarm();
  bool is_armed() const { return place_ != kNowhere; }
  Loop& loop() const { return loop_; }

 private:
  friend class Loop;
  static constexpr size_t kNowhere = ~size_t{0};

  Loop& loop_;
  std::function<void()> fire_;
  MonotonicTime at_;
  size_t place_ = kNowhere;  // in the loop's heap
};

class Loop {
 public:
  Loop();
  virtual ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The time when this turn began, or when the outside woke the loop after it.
  MonotonicTime now() const { return now_; }
  virtual WallTime wall_now() const = 0;

  // Runs later in this turn. Already scheduled: stays where it is.
  void schedule(Runnable& runnable);
  // Runs when all that was ready has run, before the loop waits: to send what
  // gathered in a turn. It may schedule more.
  void at_turn_end(Runnable& runnable);
  // Runs in the next turn at the latest.
  void post(std::move_only_function<void()> function);
  virtual void post_from_any_thread(std::move_only_function<void()> function) = 0;
  // Runs `work` on another thread and then `done` on this one.
  virtual void run_on_worker(std::move_only_function<void()> work,
                             std::move_only_function<void()> done) = 0;

 protected:
  // Runs everything that is due at `now`; afterwards nothing is ready.
  void run_turn(MonotonicTime now);
  // For what the outside calls between turns, so that it doesn't see the time when the
  // loop began to wait.
  void set_now(MonotonicTime now) { now_ = now; }
  // When the next timer fires, if there is one.
  std::optional<MonotonicTime> next_timer() const;
  bool has_ready() const;

 private:
  friend class Timer;
  void insert(Timer& timer);
  void erase(Timer& timer);
  void place(size_t at, Timer* timer);
  void sift_up(size_t at);
  void sift_down(size_t at);
  void fire_timers();
  void run_list(ListNode& head);

  MonotonicTime now_{};
  bool firing_ = false;
  ListNode ready_;
  ListNode turn_end_;
  std::vector<std::move_only_function<void()>> posted_;
  std::vector<Timer*> timers_;  // a binary heap by time
};

}  // namespace argosy
