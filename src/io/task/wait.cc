#include "io/task/wait.h"

namespace argosy {

Wakeup::~Wakeup() {
  while (head_.next() != &head_) head_.next()->unlink();
}

void Wakeup::notify_all() {
  while (head_.next() != &head_) {
    auto* waiter = static_cast<Resumption*>(head_.next());
    waiter->unlink();
    loop_.schedule(*waiter);
  }
}

}  // namespace argosy
