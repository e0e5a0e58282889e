#include "sys/random/random.h"

#include <sys/random.h>

#include "base/check.h"

namespace argosy {

uint64_t Random::below(uint64_t bound) {
  check(bound > 0);
  // The first numbers, as many as do not divide evenly, would be more likely.
  const uint64_t uneven = (0 - bound) % bound;
  uint64_t value = next();
  while (value < uneven) value = next();
  return value % bound;
}

uint64_t SeededRandom::next() {
  state_ += 0x9E3779B97F4A7C15;
  uint64_t z = state_;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

namespace {

class RealRandom final : public Random {
 public:
  uint64_t next() override {
    thread_local uint64_t buffer[64];
    thread_local size_t left = 0;
    if (left == 0) {
      check(::getrandom(buffer, sizeof buffer, 0) == sizeof buffer);
      left = 64;
    }
    return buffer[--left];
  }
};

}  // namespace

Random& real_random() {
  static RealRandom random;
  return random;
}

}  // namespace argosy
