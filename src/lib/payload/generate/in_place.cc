#include "lib/payload/generate/in_place.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>

#include "base/check.h"

namespace argosy::payload {
namespace {

class Ordering {
 public:
  explicit Ordering(const std::vector<Operation>& operations)
      : operations_(operations),
        after_(operations.size()),
        before_(operations.size()),
        is_placed_(operations.size()) {
    result_.is_converted.resize(operations.size());
    add_edges();
  }

  InPlaceOrder run() {
    place_free();
    while (result_.order.size() < operations_.size()) {
      convert(choose_victim());
      place_free();
    }
    return std::move(result_);
  }

 private:
  void add_edges() {
    std::vector<std::optional<size_t>> writers;
    for (size_t i = 0; i < operations_.size(); ++i) {
      for (const Extent& extent : operations_[i].dst_extents) {
        const uint64_t end = extent.start_block + extent.num_blocks;
        if (writers.size() < end) writers.resize(end);
        for (uint64_t block = extent.start_block; block < end; ++block) {
          check(!writers[block], "one operation writes a block");
          writers[block] = i;
        }
      }
    }
    for (size_t i = 0; i < operations_.size(); ++i) {
      for (const Extent& extent : operations_[i].src_extents) {
        const uint64_t end =
            std::min<uint64_t>(extent.start_block + extent.num_blocks, writers.size());
        for (uint64_t block = extent.start_block; block < end; ++block) {
          if (!writers[block] || *writers[block] == i) continue;
          after_[i].insert(*writers[block]);
          before_[*writers[block]].insert(i);
        }
      }
    }
  }

  // Places all whose readers are placed, and what that makes free.
  void place_free() {
    std::deque<size_t> free;
    for (size_t i = 0; i < operations_.size(); ++i) {
      if (!is_placed_[i] && before_[i].empty()) free.push_back(i);
    }
    while (!free.empty()) {
      const size_t next = free.front();
      free.pop_front();
      is_placed_[next] = true;
      result_.order.push_back(next);
      for (const size_t later : after_[next]) {
        before_[later].erase(next);
        if (before_[later].empty()) free.push_back(later);
      }
      after_[next].clear();
    }
  }

  // Of those in circles (or between two) the one that frees the most for its size.
  size_t choose_victim() const {
    std::vector<size_t> blocks_ahead(operations_.size());  // unplaced ones that it must precede
    std::deque<size_t> sinks;
    for (size_t i = 0; i < operations_.size(); ++i) {
      blocks_ahead[i] = after_[i].size();
      if (!is_placed_[i] && blocks_ahead[i] == 0) sinks.push_back(i);
    }
    std::vector<bool> is_out = is_placed_;
    while (!sinks.empty()) {
      const size_t sink = sinks.front();
      sinks.pop_front();
      is_out[sink] = true;
      for (const size_t earlier : before_[sink]) {
        if (--blocks_ahead[earlier] == 0) sinks.push_back(earlier);
      }
    }
    std::optional<size_t> best;
    double best_value = -1;
    for (size_t i = 0; i < operations_.size(); ++i) {
      if (is_out[i]) continue;
      const double size = static_cast<double>(*count_blocks(operations_[i].dst_extents)) + 1;
      const double value = static_cast<double>(blocks_ahead[i]) / size;
      if (value > best_value) {
        best = i;
        best_value = value;
      }
    }
    check(best.has_value(), "what is stuck has a circle");
    return *best;
  }

  void convert(size_t victim) {
    result_.is_converted[victim] = true;
    for (const size_t later : after_[victim]) before_[later].erase(victim);
    after_[victim].clear();
  }

  const std::vector<Operation>& operations_;
  // Edges between operations that are not placed yet.
  std::vector<std::set<size_t>> after_;
  std::vector<std::set<size_t>> before_;
  std::vector<bool> is_placed_;
  InPlaceOrder result_;
};

}  // namespace

InPlaceOrder order_in_place(const std::vector<Operation>& operations) {
  return Ordering(operations).run();
}

}  // namespace argosy::payload
