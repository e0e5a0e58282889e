#include "io/task/frame_pool.h"

#include <new>

namespace argosy {

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer)

// A sanitizer sees the use of a dead frame only if the frame really dies.
void* take_frame(size_t size) {
  return ::operator new(size);
}
void give_frame(void* frame, size_t) noexcept {
  ::operator delete(frame);
}

#else

namespace {

constexpr size_t kStep = 64;
constexpr size_t kClasses = 24;   // frames of up to 1.5 KB
constexpr size_t kMaxKept = 256;  // of each class

struct Free {
  Free* next;
};

struct Pool {
  Free* heads[kClasses] = {};
  size_t counts[kClasses] = {};

  ~Pool() {
    for (Free* head : heads) {
      while (head != nullptr) {
        Free* next = head->next;
        ::operator delete(head);
        head = next;
      }
    }
    // Frames that die later in the thread's end go straight back.
    for (size_t& count : counts) count = kMaxKept;
    for (Free*& head : heads) head = nullptr;
  }
};

thread_local constinit Pool pool;

}  // namespace

void* take_frame(size_t size) {
  const size_t place = (size - 1) / kStep;
  if (place >= kClasses) return ::operator new(size);
  Free* head = pool.heads[place];
  if (head == nullptr) return ::operator new((place + 1) * kStep);
  pool.heads[place] = head->next;
  --pool.counts[place];
  return head;
}

void give_frame(void* frame, size_t size) noexcept {
  const size_t place = (size - 1) / kStep;
  if (place >= kClasses || pool.counts[place] >= kMaxKept) return ::operator delete(frame);
  pool.heads[place] = new (frame) Free{pool.heads[place]};
  ++pool.counts[place];
}

#endif

}  // namespace argosy
