// What kind of history a seed stands for. Each seed turns a random part of the faults
// and features off (swarm testing, Groce et al. 2012): bugs that need a calm sea are
// found as well as those that need a storm.
#pragma once

#include <cstdint>
#include <string>

#include "parts/etcd/raft/config.h"

namespace argosy::etcd::raftsim {

// Chances are percent, of a message or of a step; times are units of virtual time.
struct Plan {
  uint64_t seed = 0;
  uint64_t steps = 0;
  // Members at first, and all there will ever be.
  uint64_t voters = 3;
  uint64_t universe = 3;

  uint64_t loss = 0;
  uint64_t duplication = 0;
  uint64_t delay_max = 1;
  // A few messages take much longer, and so come after later ones.
  uint64_t straggling = 0;

  uint64_t write_max = 0;
  uint64_t apply_max = 0;
  // How long work may lie before the owner takes a Ready.
  uint64_t pump_max = 0;

  uint64_t crash = 0;
  uint64_t restart = 0;
  uint64_t partition = 0;
  uint64_t heal = 0;
  uint64_t propose = 0;
  uint64_t read = 0;
  uint64_t membership = 0;
  uint64_t transfer = 0;
  uint64_t campaign = 0;
  uint64_t checkpoint = 0;
  uint64_t unreachable = 0;
  uint64_t forget = 0;

  // Ticks of the slowest clock are that many percent longer than of the fastest.
  uint64_t skew = 0;

  // Ids and seeds are the members' own.
  raft::Config config;
};

Plan plan_of(uint64_t seed);
std::string describe(const Plan& plan);

}  // namespace argosy::etcd::raftsim
