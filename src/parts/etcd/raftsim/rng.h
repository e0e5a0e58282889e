// The only source of chance in a simulation: a seed, so that a history can be had again.
#pragma once

#include <cstdint>

#include "base/check.h"

namespace argosy::etcd::raftsim {

// splitmix64 (Steele, Lea, Flood 2014).
class Rng {
 public:
  explicit Rng(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // Uniform in [from, to].
  uint64_t between(uint64_t from, uint64_t to) {
    check(from <= to);
    return from + next() % (to - from + 1);
  }
  bool percent(uint64_t chance) { return next() % 100 < chance; }

 private:
  uint64_t state_;
};

}  // namespace argosy::etcd::raftsim
