// How many machines that were never seen before an address may bring in a time, so that a
// stranger who makes up ids cannot fill the database. A bucket for each address, an IPv6 network
// of 64 bits counting as one; the machine's own addresses are not counted: behind them stands a
// proxy, and with it the whole fleet. Time enters by the caller. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/time.h"

namespace argosy::update_service {

class Newcomers {
 public:
  static constexpr size_t kMaxAddresses = 100'000;

  // At once, and again with each hour; 0: no bound.
  explicit Newcomers(uint64_t an_hour) : an_hour_(an_hour) {}

  // False: not this one, not now. True counts it.
  bool may_enter(std::string_view address, WallTime now);

 private:
  struct Bucket {
    double level = 0;  // of those that came
    WallTime at{};
  };
  double level_at(const Bucket& bucket, WallTime now) const;
  void make_room(WallTime now);

  uint64_t an_hour_;
  std::map<std::string, Bucket, std::less<>> buckets_;
};

// "10.0.0.1" as it is; of "2001:db8:1:2:3::4" the first four groups, however it is written.
std::string network_of(std::string_view address);

}  // namespace argosy::update_service
