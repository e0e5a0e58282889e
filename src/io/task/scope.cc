#include "io/task/scope.h"

namespace argosy {

class Scope::Child final : public ListNode, private task_internal::Completion {
 public:
  Child(Scope& scope, Task<void> task) : scope_(scope), task_(std::move(task).take_owner()) {
    task_.get().promise().completion = this;
  }

  void start() { task_.get().resume(); }
  const std::optional<Error>& error() const { return task_.get().promise().error; }

 private:
  void on_complete() override {
    unlink();
    link_before(scope_.ended_);
    scope_.loop_.schedule(scope_.reap_);
  }

  Scope& scope_;
  task_internal::Owner<void> task_;
};

Scope::Scope(Loop& loop, OnError on_error)
    : loop_(loop),
      on_error_(std::move(on_error)),
      empty_(loop),
      reap_(*this, &Scope::reap),
      cancel_(*this, &Scope::destroy_all) {
  children_.make_head();
  ended_.make_head();
}

Scope::~Scope() {
  on_error_ = nullptr;
  destroy_all();
}

void Scope::spawn(Task<void> task) {
  auto* child = new Child(*this, std::move(task));
  child->link_before(children_);
  ++count_;
  child->start();
}

void Scope::remove(Child& child) {
  delete &child;
  if (--count_ == 0) empty_.notify_all();
}

void Scope::cancel() {
  loop_.schedule(cancel_);
}

void Scope::reap() {
  while (ended_.next() != &ended_) {
    auto* child = static_cast<Child*>(ended_.next());
    if (child->error() && on_error_) on_error_(*child->error());
    remove(*child);
  }
}

void Scope::destroy_all() {
  reap();
  while (children_.next() != &children_) remove(*static_cast<Child*>(children_.next()));
}

Task<void> Scope::join() {
  while (count_ > 0) co_await empty_.wait();
}

}  // namespace argosy
