// Ids of requests and leases, unique across members and restarts: 16 bits of the
// member, 40 bits of milliseconds when it started, 8 bits that count (the original's
// idutil).
#pragma once

#include <cstdint>

#include "base/time.h"

namespace argosy::etcd::member {

class RequestIds {
 public:
  RequestIds(uint64_t member_id, WallTime now)
      : prefix_(member_id << 48),
        suffix_((static_cast<uint64_t>(
                     std::chrono::floor<milliseconds>(now.time_since_epoch()).count()) &
                 0xFFFFFFFFFF)
                << 8) {}

  uint64_t next() { return prefix_ | (++suffix_ & 0xFFFFFFFFFFFF); }

 private:
  uint64_t prefix_;
  uint64_t suffix_;
};

}  // namespace argosy::etcd::member
