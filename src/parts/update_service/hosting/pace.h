// How long to wait between pieces, so that all together stay below a rate. What was not used
// is not saved up for more than a second. The loop's thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "io/task/loop.h"

namespace argosy::update_service {

class Pace {
 public:
  // Bytes a second; 0: no limit. The loop outlives it.
  Pace(Loop& loop, uint64_t rate) : loop_(loop), rate_(rate), due_(loop.now()) {}

  bool is_limited() const { return rate_ > 0; }
  // When the next piece may be taken after one of `bytes`; nothing: at once.
  std::optional<MonotonicTime> after(uint64_t bytes) {
    if (rate_ == 0) return std::nullopt;
    due_ = std::max(due_, loop_.now() - seconds(1));
    const double took = static_cast<double>(bytes) / static_cast<double>(rate_);
    due_ += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(took));
    return due_ > loop_.now() ? std::optional(due_) : std::nullopt;
  }

 private:
  Loop& loop_;
  uint64_t rate_;
  MonotonicTime due_;
};

}  // namespace argosy::update_service
