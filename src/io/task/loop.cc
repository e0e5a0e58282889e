#include "io/task/loop.h"

#include <algorithm>

#include "base/check.h"

namespace argosy {

void ListNode::unlink() {
  if (next_ == nullptr) return;
  prev_->next_ = next_;
  next_->prev_ = prev_;
  prev_ = next_ = nullptr;
}

void ListNode::link_before(ListNode& other) {
  check(!is_linked());
  prev_ = other.prev_;
  next_ = &other;
  prev_->next_ = this;
  other.prev_ = this;
}

void Timer::arm_at(MonotonicTime at) {
  disarm();
  at_ = loop_.firing_ ? std::max(at, loop_.now_ + nanoseconds(1)) : at;
  loop_.insert(*this);
}

void Timer::arm_after(Duration delay) {
  arm_at(loop_.now() + delay);
}

void Timer::disarm() {
  if (is_armed()) loop_.erase(*this);
}

Loop::Loop() {
  ready_.make_head();
  turn_end_.make_head();
}

Loop::~Loop() {
  while (ready_.next() != &ready_) ready_.next()->unlink();
  while (turn_end_.next() != &turn_end_) turn_end_.next()->unlink();
  for (Timer* timer : timers_) timer->place_ = Timer::kNowhere;
}

void Loop::schedule(Runnable& runnable) {
  if (!runnable.is_linked()) runnable.link_before(ready_);
}

void Loop::at_turn_end(Runnable& runnable) {
  if (!runnable.is_linked()) runnable.link_before(turn_end_);
}

void Loop::post(std::move_only_function<void()> function) {
  posted_.push_back(std::move(function));
}

bool Loop::has_ready() const {
  return ready_.next() != &ready_ || turn_end_.next() != &turn_end_ || !posted_.empty();
}

void Loop::run_list(ListNode& head) {
  while (head.next() != &head) {
    auto* runnable = static_cast<Runnable*>(head.next());
    runnable->unlink();
    runnable->run();
  }
}

void Loop::run_turn(MonotonicTime now) {
  now_ = now;
  fire_timers();
  while (has_ready()) {
    run_list(ready_);
    for (auto& function : std::exchange(posted_, {})) function();
    if (ready_.next() != &ready_ || !posted_.empty()) continue;
    run_list(turn_end_);
  }
}

void Loop::fire_timers() {
  firing_ = true;
  while (!timers_.empty() && timers_.front()->at_ <= now_) {
    Timer* timer = timers_.front();
    erase(*timer);
    timer->fire_();
  }
  firing_ = false;
}

std::optional<MonotonicTime> Loop::next_timer() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.front()->at_;
}

void Loop::insert(Timer& timer) {
  timers_.push_back(&timer);
  place(timers_.size() - 1, &timer);
  sift_up(timers_.size() - 1);
}

void Loop::erase(Timer& timer) {
  const size_t at = timer.place_;
  check(at < timers_.size() && timers_[at] == &timer);
  timer.place_ = Timer::kNowhere;
  Timer* last = timers_.back();
  timers_.pop_back();
  if (last == &timer) return;
  place(at, last);
  sift_up(at);
  sift_down(last->place_);
}

void Loop::place(size_t at, Timer* timer) {
  timers_[at] = timer;
  timer->place_ = at;
}

void Loop::sift_up(size_t at) {
  Timer* timer = timers_[at];
  while (at > 0 && timer->at_ < timers_[(at - 1) / 2]->at_) {
    place(at, timers_[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  place(at, timer);
}

void Loop::sift_down(size_t at) {
  Timer* timer = timers_[at];
  while (true) {
    size_t child = 2 * at + 1;
    if (child >= timers_.size()) break;
    if (child + 1 < timers_.size() && timers_[child + 1]->at_ < timers_[child]->at_) ++child;
    if (timer->at_ <= timers_[child]->at_) break;
    place(at, timers_[child]);
    at = child;
  }
  place(at, timer);
}

}  // namespace argosy
