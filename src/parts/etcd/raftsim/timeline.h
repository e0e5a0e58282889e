// Virtual time: things happen in the order of their times, and of their planning.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

namespace argosy::etcd::raftsim {

class Timeline {
 public:
  using Action = std::function<void()>;

  uint64_t now() const { return now_; }
  void after(uint64_t delay, Action action) {
    events_.push_back({now_ + delay, ++planned_, std::move(action)});
    std::ranges::push_heap(events_, later);
  }
  bool is_empty() const { return events_.empty(); }
  // Time jumps to the next event, which happens.
  void step() {
    std::ranges::pop_heap(events_, later);
    Event event = std::move(events_.back());
    events_.pop_back();
    now_ = event.time;
    event.action();
  }

 private:
  struct Event {
    uint64_t time;
    uint64_t number;
    Action action;
  };
  static bool later(const Event& a, const Event& b) {
    return std::pair(a.time, a.number) > std::pair(b.time, b.number);
  }

  uint64_t now_ = 0;
  uint64_t planned_ = 0;
  std::vector<Event> events_;
};

}  // namespace argosy::etcd::raftsim
