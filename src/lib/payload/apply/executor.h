// Who works beside the applier's thread. The applier has no threads of its own: a program
// gives it some, a simulation none, and what is written, and in which order, is the same.
#pragma once

#include <functional>

namespace argosy::payload {

class Executor {
 public:
  virtual ~Executor() = default;
  // Does the work sometime, on whichever thread, in any order. Who waits for work that has
  // not begun does it himself. Any thread.
  virtual void run(std::move_only_function<void()> work) = 0;
};

}  // namespace argosy::payload
