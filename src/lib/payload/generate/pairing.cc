#include "lib/payload/generate/pairing.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace argosy::payload {
namespace {

// One byte in so many, on average, is followed by a hash that a sketch looks at.
constexpr uint64_t kSampling = 64;
// So many hashes must be shared for files to count as alike.
constexpr size_t kLikeness = 3;
// A hash that more old files than this have says nothing.
constexpr size_t kCommon = 16;

uint64_t mix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9;
  x ^= x >> 27;
  x *= 0x94D049BB133111EB;
  return x ^ x >> 31;
}

const std::array<uint64_t, 256>& gear() {
  static const std::array<uint64_t, 256> table = [] {
    std::array<uint64_t, 256> values{};
    for (size_t i = 0; i < values.size(); ++i) values[i] = mix(i + 0x9E3779B97F4A7C15);
    return values;
  }();
  return table;
}

// "usr/lib/modules/#/kernel/a.ko" of ".../6.1.0-56-cloud/...": runs of digits, dots and
// dashes between digits become one sign.
std::string without_numbers(std::string_view path) {
  std::string out;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (size_t i = 0; i < path.size(); ++i) {
    if (!is_digit(path[i])) {
      out += path[i];
      continue;
    }
    out += '#';
    while (i + 1 < path.size() &&
           (is_digit(path[i + 1]) || ((path[i + 1] == '.' || path[i + 1] == '-') &&
                                      i + 2 < path.size() && is_digit(path[i + 2])))) {
      ++i;
    }
  }
  return out;
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

size_t common_ends(std::string_view a, std::string_view b) {
  const size_t front = static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  const size_t most = std::min(a.size(), b.size()) - front;
  size_t back = 0;
  while (back < most && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  return front + back;
}

uint64_t distance(uint64_t a, uint64_t b) {
  return a > b ? a - b : b - a;
}

class Pairing {
 public:
  Pairing(const std::vector<PairingFile>& old_files, const std::vector<PairingFile>& new_files,
          const SketchOf& sketch_of)
      : old_(old_files), new_(new_files), sketch_of_(sketch_of) {
    for (size_t i = 0; i < old_.size(); ++i) {
      by_digest_[old_[i].digest].push_back(i);
      by_path_[old_[i].path] = i;
      by_pattern_[without_numbers(old_[i].path)].push_back(i);
      by_name_[without_numbers(base_name(old_[i].path))].push_back(i);
    }
  }

  std::vector<std::optional<size_t>> run() {
    std::vector<std::optional<size_t>> pairs(new_.size());
    std::vector<size_t> alone;
    for (size_t i = 0; i < new_.size(); ++i) {
      pairs[i] = by_names(new_[i]);
      if (!pairs[i]) alone.push_back(i);
    }
    if (!alone.empty()) by_content(alone, pairs);
    return pairs;
  }

 private:
  using Index = std::unordered_map<std::string, std::vector<size_t>>;

  std::optional<size_t> by_names(const PairingFile& file) const {
    const auto same_path = by_path_.find(file.path);
    if (const auto same = by_digest_.find(file.digest); same != by_digest_.end()) {
      const bool stays =
          same_path != by_path_.end() && old_[same_path->second].digest == file.digest;
      return stays ? same_path->second : nearest(file, same->second);
    }
    if (same_path != by_path_.end()) return same_path->second;
    if (const auto like = by_pattern_.find(without_numbers(file.path)); like != by_pattern_.end()) {
      return nearest(file, like->second);
    }
    const auto like = by_name_.find(without_numbers(base_name(file.path)));
    if (like == by_name_.end()) return std::nullopt;
    const size_t found = nearest(file, like->second);
    // A common name, such as "index", says little about files of different sizes.
    const bool is_plausible =
        old_[found].size <= 2 * file.size + 4096 && file.size <= 2 * old_[found].size + 4096;
    return is_plausible ? std::optional(found) : std::nullopt;
  }

  // The most alike path, then the most alike size.
  size_t nearest(const PairingFile& file, const std::vector<size_t>& among) const {
    return *std::ranges::max_element(among, {}, [&](size_t i) {
      return std::pair(common_ends(old_[i].path, file.path), ~distance(old_[i].size, file.size));
    });
  }

  void by_content(const std::vector<size_t>& alone, std::vector<std::optional<size_t>>& pairs) {
    std::unordered_map<uint64_t, std::vector<size_t>> owners;
    for (size_t i = 0; i < old_.size(); ++i) {
      for (const uint64_t hash : sketch_of_(true, i)) owners[hash].push_back(i);
    }
    for (const size_t i : alone) {
      std::unordered_map<size_t, size_t> shared;
      for (const uint64_t hash : sketch_of_(false, i)) {
        const auto found = owners.find(hash);
        if (found == owners.end() || found->second.size() > kCommon) continue;
        for (const size_t owner : found->second) ++shared[owner];
      }
      const auto best = std::ranges::max_element(
          shared, {}, [](const auto& entry) { return std::pair(entry.second, ~entry.first); });
      if (best != shared.end() && best->second >= kLikeness) pairs[i] = best->first;
    }
  }

  const std::vector<PairingFile>& old_;
  const std::vector<PairingFile>& new_;
  const SketchOf& sketch_of_;
  Index by_digest_;
  std::unordered_map<std::string, size_t> by_path_;
  Index by_pattern_;
  Index by_name_;
};

}  // namespace

void Sketch::add(BytesView bytes) {
  const auto& values = gear();
  for (const char byte : bytes) {
    rolling_ = (rolling_ << 1) + values[static_cast<uint8_t>(byte)];
    if (rolling_ >> 58 != 0) continue;
    static_assert(kSampling == 1 << 6);
    const uint64_t hash = mix(rolling_);
    if (heap_.size() == kSize && hash >= heap_.front()) continue;
    if (std::ranges::find(heap_, hash) != heap_.end()) continue;
    heap_.push_back(hash);
    std::ranges::push_heap(heap_);
    if (heap_.size() <= kSize) continue;
    std::ranges::pop_heap(heap_);
    heap_.pop_back();
  }
}

std::vector<uint64_t> Sketch::finish() && {
  std::ranges::sort(heap_);
  return std::move(heap_);
}

std::vector<std::optional<size_t>> pair_files(const std::vector<PairingFile>& old_files,
                                              const std::vector<PairingFile>& new_files,
                                              const SketchOf& sketch_of) {
  return Pairing(old_files, new_files, sketch_of).run();
}

}  // namespace argosy::payload
