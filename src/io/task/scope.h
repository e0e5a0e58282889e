// Scope: the owner of background tasks. A task that is spawned runs at once until its
// first wait; it is destroyed when it ends or when the scope is, whichever is first.
#pragma once

#include <functional>

#include "io/task/task.h"
#include "io/task/wait.h"

namespace argosy {

class Scope {
 public:
  // Told of each task that ends with an error; without one, errors are dropped.
  using OnError = std::function<void(const Error&)>;

  explicit Scope(Loop& loop, OnError on_error = {});
  // Destroys what still runs. Not from inside one of its own tasks: use cancel().
  ~Scope();

  void spawn(Task<void> task);
  // Destroys all tasks in the loop's next turn; may be called from within one.
  void cancel();
  size_t size() const { return count_; }
  // Resumes when no task is left.
  Task<void> join();

 private:
  class Child;
  void remove(Child& child);

  Loop& loop_;
  OnError on_error_;
  ListNode children_;
  size_t count_ = 0;
  Wakeup empty_;
  // A task that has ended is deleted a little later, when its own stack is gone.
  class Later final : public Runnable {
   public:
    Later(Scope& scope, void (Scope::*what)()) : scope_(scope), what_(what) {}
    void run() override { (scope_.*what_)(); }

   private:
    Scope& scope_;
    void (Scope::*what_)();
  };
  void reap();
  void destroy_all();
  ListNode ended_;
  Later reap_;
  Later cancel_;
};

}  // namespace argosy
