#include "lib/payload/bsdiff/match.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "lib/payload/bsdiff/suffix_index.h"

namespace argosy::payload {
namespace {

// Leaving a match that goes on for another must save more than these bytes.
constexpr size_t kSwitchGain = 8;
// A match that has so many equal bytes again, soon after a difference, is kept without
// looking for another.
constexpr size_t kRecovery = 32;
constexpr size_t kRecoveryWithin = 64;

class Scanner {
 public:
  Scanner(BytesView old, BytesView fresh) : old_(old), fresh_(fresh) {}

  std::vector<Match> run() {
    size_t at = 0;
    while (at < fresh_.size()) {
      at = keep(at);
      if (at >= fresh_.size()) break;
      at = look(at);
    }
    leave(fresh_.size(), std::nullopt);
    return std::move(matches_);
  }

 private:
  // Whether the byte at `at` continues the current match.
  bool is_predicted(size_t at) const {
    const size_t place = at + shift_;  // wraps around for what is before the beginning
    return place < old_.size() && old_[place] == fresh_[at];
  }
  size_t predicted_run(size_t at) const {
    const size_t place = at + shift_;
    if (place >= old_.size()) return 0;
    return common_prefix(old_.data() + place, fresh_.data() + at,
                         std::min(old_.size() - place, fresh_.size() - at));
  }

  // Follows the current match over differences from which it recovers.
  size_t keep(size_t at) const {
    while (at < fresh_.size()) {
      at += predicted_run(at);
      const size_t end = std::min(fresh_.size(), at + kRecoveryWithin);
      size_t next = at;
      size_t run = 0;
      while (next < end && run < kRecovery) {
        next += run > 0 ? run : 1;
        run = next < end ? predicted_run(next) : 0;
      }
      if (run < kRecovery) return at;
      at = next;
    }
    return at;
  }

  // Looks from `at` on for a place that continues better than the current match;
  // returns where to go on.
  size_t look(size_t at) {
    if (!index_) index_.emplace(old_);
    size_t counted = at;  // `kept` counts the predicted bytes in [at, counted)
    size_t kept = 0;
    const size_t begin = at;
    while (at < fresh_.size()) {
      const SuffixIndex::Found found = index_->longest(fresh_.substr(at));
      for (; counted < at + found.size; ++counted) kept += is_predicted(counted) ? 1 : 0;
      if (found.size != 0 && found.size == kept) return at + found.size;
      if (found.size > kept + kSwitchGain) {
        leave(at, found.at);
        return at + found.size;
      }
      const size_t next = std::min(fresh_.size(), at + stride(at - begin));
      for (; at < next; ++at) {
        if (counted == at) {
          ++counted;
        } else {
          kept -= is_predicted(at) ? 1 : 0;
        }
      }
    }
    return at;
  }

  // Where nothing was found for long, it is looked for less often: a match that begins
  // between two looks is found by the next, and extended backward.
  static size_t stride(size_t fruitless) {
    constexpr size_t kPatience = 4096;
    constexpr size_t kMost = 16;
    return std::min(kMost, 1 + fruitless / kPatience);
  }

  // Ends the current match before `at`, where one with `next` of the old bytes begins.
  void leave(size_t at, std::optional<size_t> next) {
    size_t forward = extend_forward(at);
    size_t backward = next ? extend_backward(at, *next) : 0;
    if (begin_ + forward > at - backward) {
      const size_t overlap = begin_ + forward - (at - backward);
      const size_t cut = best_cut(begin_ + forward - overlap, overlap, at, next.value_or(0));
      forward = forward - overlap + cut;
      backward -= cut;
    }
    if (forward > 0) matches_.push_back({begin_, begin_ + shift_, forward});
    if (!next) return;
    begin_ = at - backward;
    shift_ = *next - at;
  }

  // How far the current match is worth having: most bytes equal, and the end chosen so
  // that equal bytes outweigh others by the most.
  size_t extend_forward(size_t at) const {
    return extend(
        at - begin_, [&](size_t i) { return begin_ + i + shift_ < old_.size(); },
        [&](size_t i) { return is_predicted(begin_ + i); });
  }
  size_t extend_backward(size_t at, size_t next) const {
    return extend(
        std::min(at - begin_, next), [](size_t) { return true; },
        [&](size_t i) { return old_[next - i - 1] == fresh_[at - i - 1]; });
  }
  template <typename IsInside, typename IsEqual>
  static size_t extend(size_t most, IsInside is_inside, IsEqual is_equal) {
    int64_t balance = 0;
    int64_t best = 0;
    size_t size = 0;
    for (size_t i = 0; i < most && is_inside(i); ++i) {
      balance += is_equal(i) ? 1 : -1;
      if (balance > best) {
        best = balance;
        size = i + 1;
      }
    }
    return size;
  }

  // Of bytes that both matches claim, how many the first one gets.
  size_t best_cut(size_t start, size_t overlap, size_t at, size_t next) const {
    int64_t balance = 0;
    int64_t best = 0;
    size_t cut = 0;
    for (size_t i = 0; i < overlap; ++i) {
      const size_t place = start + i;
      balance += is_predicted(place) ? 1 : 0;
      balance -= old_[next - (at - place)] == fresh_[place] ? 1 : 0;
      if (balance > best) {
        best = balance;
        cut = i + 1;
      }
    }
    return cut;
  }

  BytesView old_;
  BytesView fresh_;
  std::optional<SuffixIndex> index_;
  // The current match: from begin_ on, fresh_[i] is like old_[i + shift_].
  size_t begin_ = 0;
  size_t shift_ = 0;
  std::vector<Match> matches_;
};

}  // namespace

std::vector<Match> find_matches(BytesView old, BytesView fresh) {
  return Scanner(old, fresh).run();
}

}  // namespace argosy::payload
