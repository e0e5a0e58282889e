// How far a part has been written from its beginning without a gap. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

namespace argosy::payload {

class Frontier {
 public:
  // Offsets in bytes. Ranges may overlap and come in any order.
  void add(uint64_t begin, uint64_t end) {
    uint64_t& known = beyond_[begin];
    known = std::max(known, end);
    while (!beyond_.empty() && beyond_.begin()->first <= end_) {
      end_ = std::max(end_, beyond_.begin()->second);
      beyond_.erase(beyond_.begin());
    }
  }
  uint64_t end() const { return end_; }

 private:
  uint64_t end_ = 0;
  std::map<uint64_t, uint64_t> beyond_;  // begin to end
};

}  // namespace argosy::payload
