// Memory for things that are made and dropped once a call, such as coroutine frames:
// what is given back is kept for the next of about its size. Each thread has its own.
#pragma once

#include <cstddef>

namespace argosy {

void* take_frame(size_t size);
// `size` is what was asked for. Any thread may give back what another took.
void give_frame(void* frame, size_t size) noexcept;

// A base for classes whose objects are taken from the pool.
struct Pooled {
  static void* operator new(size_t size) { return take_frame(size); }
  static void operator delete(void* frame, size_t size) noexcept { give_frame(frame, size); }
};

}  // namespace argosy
