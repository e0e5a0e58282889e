// Randomness as an interface; only mains choose the real one, tests pass a seed.
#pragma once

#include <cstdint>

namespace argosy {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t next() = 0;

  // Uniform in [0, bound); bound is not 0.
  uint64_t below(uint64_t bound);
  // True once in `one_in` calls on average.
  bool chance(uint64_t one_in) { return below(one_in) == 0; }
};

// getrandom(2), through a buffer. Any thread.
Random& real_random();

// splitmix64 (Steele, Lea, Flood 2014): the same seed gives the same numbers
// everywhere. Not for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() override;

 private:
  uint64_t state_;
};

}  // namespace argosy
