#include "lib/payload/generate/in_place.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <queue>

#include "base/check.h"

namespace argosy::payload {
namespace {

template <typename Take>
void for_each_block(const std::vector<Extent>& extents, Take take) {
  for (const Extent& extent : extents) {
    for (uint64_t i = 0; i < extent.num_blocks; ++i) take(extent.start_block + i);
  }
}

// Which operation writes a block, if any does.
class Writers {
 public:
  explicit Writers(const std::vector<BlockUse>& operations) {
    for (size_t i = 0; i < operations.size(); ++i) {
      for_each_block(operations[i].writes, [&](uint64_t block) {
        if (writers_.size() <= block) writers_.resize(block + 1);
        check(!writers_[block], "one operation writes a block");
        writers_[block] = i;
      });
    }
  }

  std::optional<size_t> of(uint64_t block) const {
    return block < writers_.size() ? writers_[block] : std::nullopt;
  }

 private:
  std::vector<std::optional<size_t>> writers_;
};

// To other nodes, with the blocks that they share.
using Edges = std::map<size_t, uint64_t>;

uint64_t sum(const Edges& edges) {
  uint64_t blocks = 0;
  for (const auto& [other, count] : edges) blocks += count;
  return blocks;
}

// Operations that become one.
struct Node {
  std::vector<size_t> members;
  uint64_t blocks = 0;  // that it reads and writes
  bool is_placed = false;
  // Of those that are not placed: who writes what it reads, and who reads what it writes.
  Edges after;
  Edges before;
};

class Ordering {
 public:
  Ordering(const std::vector<BlockUse>& operations, const Writers& writers, uint64_t most_blocks)
      : most_blocks_(most_blocks), nodes_(operations.size()), left_(operations.size()) {
    for (size_t i = 0; i < operations.size(); ++i) {
      const BlockUse& use = operations[i];
      nodes_[i].members = {i};
      nodes_[i].blocks = *count_blocks(use.reads) + *count_blocks(use.writes);
      for_each_block(use.reads, [&](uint64_t block) {
        const std::optional<size_t> writer = writers.of(block);
        if (!writer || *writer == i) return;
        ++nodes_[i].after[*writer];
        ++nodes_[*writer].before[i];
      });
    }
  }

  std::vector<std::vector<size_t>> run() {
    for (size_t i = 0; i < nodes_.size(); ++i) note_if_free(i);
    place_free();
    while (left_ > 0) {
      const size_t next = choose();
      const std::vector<size_t> circle = smallest_circle(next);
      if (circle.empty()) {
        place(next);
      } else {
        merge(circle);
      }
      place_free();
    }
    return std::move(groups_);
  }

 private:
  void note_if_free(size_t node) {
    if (!nodes_[node].is_placed && nodes_[node].before.empty()) free_.push_back(node);
  }

  void place_free() {
    while (!free_.empty()) {
      const size_t next = free_.front();
      free_.pop_front();
      if (!nodes_[next].is_placed) place(next);
    }
  }

  // Those that still want to read what it writes will have to do without.
  void place(size_t next) {
    Node& node = nodes_[next];
    groups_.push_back(std::move(node.members));
    detach(next);
    for (const auto& [later, blocks] : node.after) note_if_free(later);
    --left_;
  }

  void detach(size_t index) {
    Node& node = nodes_[index];
    node.is_placed = true;
    for (const auto& [later, blocks] : node.after) nodes_[later].before.erase(index);
    for (const auto& [reader, blocks] : node.before) nodes_[reader].after.erase(index);
  }

  // Which are in circles, or between two: not those that only wait for one.
  std::vector<bool> stuck() const {
    std::vector<size_t> waiting(nodes_.size());
    std::vector<bool> is_stuck(nodes_.size());
    std::deque<size_t> sinks;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].is_placed) continue;
      is_stuck[i] = true;
      waiting[i] = nodes_[i].after.size();
      if (waiting[i] == 0) sinks.push_back(i);
    }
    while (!sinks.empty()) {
      const size_t sink = sinks.front();
      sinks.pop_front();
      is_stuck[sink] = false;
      for (const auto& [earlier, blocks] : nodes_[sink].before) {
        if (--waiting[earlier] == 0) sinks.push_back(earlier);
      }
    }
    return is_stuck;
  }

  // The one whose blocks are missed least, beside those that it gets to read in time (the
  // greedy choice of Eades, Lin and Smyth for feedback arcs).
  size_t choose() const {
    const std::vector<bool> is_stuck = stuck();
    std::optional<size_t> best;
    double best_value = 0;
    for (size_t i = 0; i < is_stuck.size(); ++i) {
      if (!is_stuck[i]) continue;
      const double value = static_cast<double>(sum(nodes_[i].after)) /
                           (static_cast<double>(sum(nodes_[i].before)) + 1);
      if (!best || value > best_value) {
        best = i;
        best_value = value;
      }
    }
    check(best.has_value(), "what is stuck has a circle");
    return *best;
  }

  // Through this node, by the blocks of all that are in it (Dijkstra); empty when none is
  // small enough.
  std::vector<size_t> smallest_circle(size_t start) const {
    std::map<size_t, size_t> came_from;
    std::map<size_t, uint64_t> best{{start, nodes_[start].blocks}};
    using Entry = std::pair<uint64_t, size_t>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    queue.push({nodes_[start].blocks, start});
    while (!queue.empty()) {
      const auto [blocks, at] = queue.top();
      queue.pop();
      if (blocks > best[at]) continue;
      for (const auto& [next, shared] : nodes_[at].after) {
        if (next == start) return path_to(at, start, came_from);
        const uint64_t with_next = blocks + nodes_[next].blocks;
        const auto known = best.find(next);
        if (with_next > most_blocks_ || (known != best.end() && known->second <= with_next))
          continue;
        best[next] = with_next;
        came_from[next] = at;
        queue.push({with_next, next});
      }
    }
    return {};
  }

  static std::vector<size_t> path_to(size_t end, size_t start,
                                     const std::map<size_t, size_t>& came_from) {
    std::vector<size_t> path{end};
    while (path.back() != start) path.push_back(came_from.at(path.back()));
    return path;
  }

  void merge(const std::vector<size_t>& circle) {
    const size_t merged = nodes_.size();
    Node whole;
    for (const size_t i : circle) {
      Node& part = nodes_[i];
      detach(i);
      whole.members.insert(whole.members.end(), part.members.begin(), part.members.end());
      whole.blocks += part.blocks;
      for (const auto& [other, blocks] : part.after) whole.after[other] += blocks;
      for (const auto& [other, blocks] : part.before) whole.before[other] += blocks;
    }
    for (const size_t i : circle) {
      whole.after.erase(i);
      whole.before.erase(i);
    }
    std::ranges::sort(whole.members);
    for (const auto& [other, blocks] : whole.after) nodes_[other].before[merged] = blocks;
    for (const auto& [other, blocks] : whole.before) nodes_[other].after[merged] = blocks;
    nodes_.push_back(std::move(whole));
    left_ -= circle.size() - 1;
    note_if_free(merged);
  }

  uint64_t most_blocks_;
  std::vector<Node> nodes_;
  size_t left_;
  std::deque<size_t> free_;
  std::vector<std::vector<size_t>> groups_;
};

std::vector<Extent> to_extents(std::vector<uint64_t> blocks) {
  std::ranges::sort(blocks);
  std::vector<Extent> extents;
  for (const uint64_t block : blocks) {
    if (!extents.empty()) {
      Extent& last = extents.back();
      const uint64_t end = last.start_block + last.num_blocks;
      if (block < end) continue;
      if (block == end) {
        ++last.num_blocks;
        continue;
      }
    }
    extents.push_back({block, 1});
  }
  return extents;
}

}  // namespace

InPlaceOrder order_in_place(const std::vector<BlockUse>& operations, uint64_t most_blocks) {
  const Writers writers(operations);
  InPlaceOrder result;
  result.groups = Ordering(operations, writers, most_blocks).run();
  result.lost.resize(operations.size());
  std::vector<size_t> place(operations.size());
  for (size_t i = 0; i < result.groups.size(); ++i) {
    for (const size_t member : result.groups[i]) place[member] = i;
  }
  for (size_t i = 0; i < operations.size(); ++i) {
    std::vector<uint64_t> lost;
    for_each_block(operations[i].reads, [&](uint64_t block) {
      const std::optional<size_t> writer = writers.of(block);
      if (writer && place[*writer] < place[i]) lost.push_back(block);
    });
    result.lost[i] = to_extents(std::move(lost));
  }
  return result;
}

}  // namespace argosy::payload
