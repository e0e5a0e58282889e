#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>

#include "lib/payload/bsdiff/patch.h"
#include "lib/payload/bsdiff/suffix_index.h"
#include "lib/payload/compression/compression.h"
#include "sys/random/random.h"

namespace argosy::payload {
namespace {

Bytes random_bytes(Random& random, size_t size, uint64_t alphabet) {
  Bytes bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.below(alphabet));
  return bytes;
}

Result<Bytes> patched(BytesView patch, BytesView old) {
  Bytes made;
  TRY(apply_patch(
      patch, old.size(),
      [&](uint64_t offset, std::span<char> to) -> Result<void> {
        REQUIRE(offset + to.size() <= old.size());
        std::ranges::copy(old.substr(offset, to.size()), to.begin());
        return {};
      },
      [&](BytesView bytes) -> Result<void> {
        made += bytes;
        return {};
      }));
  return made;
}

// An edited copy: pieces moved, dropped, repeated, and bytes changed.
Bytes edited(Random& random, const Bytes& old) {
  Bytes made;
  while (made.size() < old.size()) {
    const size_t at = random.below(old.size() + 1);
    made += old.substr(at, random.below(old.size() / 2 + 2));
    made += random_bytes(random, random.below(20), 256);
  }
  for (uint64_t i = random.below(50); i > 0 && !made.empty(); --i) {
    made[random.below(made.size())] ^= static_cast<char>(random.next());
  }
  return made;
}

TEST_CASE("the longest match is the one that looking everywhere finds") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    const uint64_t alphabet = seed % 3 == 0 ? 2 : seed % 3 == 1 ? 4 : 256;
    const Bytes text = random_bytes(random, random.below(300), alphabet);
    const SuffixIndex index(text);
    for (int i = 0; i < 40; ++i) {
      const Bytes needle = random_bytes(random, random.below(20), alphabet);
      size_t longest = 0;
      for (size_t at = 0; at < text.size(); ++at) {
        longest = std::max(longest, common_prefix(text.data() + at, needle.data(),
                                                  std::min(needle.size(), text.size() - at)));
      }
      const SuffixIndex::Found found = index.longest(needle);
      CHECK(found.size == (longest < 2 ? 0 : longest));
      CHECK(text.compare(found.at, found.size, needle, 0, found.size) == 0);
    }
  }
}

TEST_CASE("a patch makes the new bytes of the old ones, whatever they are") {
  const bool is_long = std::getenv("ARGOSY_LONG") != nullptr;
  for (uint64_t seed = 1; seed <= (is_long ? 20'000 : 400); ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    const Bytes old = random_bytes(random, random.below(5000), seed % 2 == 0 ? 3 : 256);
    const Bytes fresh =
        seed % 5 == 0 ? random_bytes(random, random.below(3000), 256) : edited(random, old);
    const std::vector<Match> matches = find_matches(old, fresh);
    uint64_t end = 0;
    for (const Match& match : matches) {
      CHECK(match.fresh_at >= end);
      end = match.fresh_at + match.size;
      CHECK(end <= fresh.size());
      CHECK(match.old_at + match.size <= old.size());
    }
    const Bytes patch = make_patch(old, fresh, matches);
    CHECK(patched_size(patch) == fresh.size());
    const auto made = patched(patch, old);
    REQUIRE(made.has_value());
    CHECK(*made == fresh);
  }
}

TEST_CASE("a shifted copy with scattered changes is one match on either side of the shift") {
  SeededRandom random(1);
  const Bytes old = random_bytes(random, 100'000, 256);
  Bytes fresh = old.substr(0, 50'000) + random_bytes(random, 500, 256) + old.substr(50'000);
  for (size_t at = 100; at < fresh.size(); at += 97) ++fresh[at];
  const std::vector<Match> matches = find_matches(old, fresh);
  CHECK(matches.size() == 2);
  uint64_t covered = 0;
  for (const Match& match : matches) covered += match.size;
  CHECK(covered > 99'900);
}

TEST_CASE("identical files need one match and next to no bytes") {
  SeededRandom random(2);
  const Bytes old = random_bytes(random, 1'000'000, 256);
  CHECK(find_matches(old, old) == std::vector<Match>{{0, 0, old.size()}});
  CHECK(make_patch(old, old, find_matches(old, old)).size() < 250);
}

TEST_CASE("long runs of one byte do not take for ever") {
  const Bytes zeros(2'000'000, '\0');
  Bytes fresh(1'500'000, '\0');
  fresh[700'000] = 'x';
  const auto made = patched(make_patch(zeros, fresh, find_matches(zeros, fresh)), zeros);
  REQUIRE(made.has_value());
  CHECK(*made == fresh);
}

TEST_CASE("damaged patches are refused or make as many bytes as they say") {
  SeededRandom random(3);
  const Bytes old = random_bytes(random, 3000, 8);
  const Bytes fresh = edited(random, old);
  const Bytes patch = make_patch(old, fresh, find_matches(old, fresh));
  for (size_t size = 0; size < patch.size(); ++size) {
    const auto made = patched(BytesView(patch).substr(0, size), old);
    CHECK_FALSE((made && *made == fresh));
  }
  for (size_t at = 0; at < patch.size(); ++at) {
    Bytes damaged = patch;
    damaged[at] ^= static_cast<char>(1 << random.below(8));
    const auto made = patched(damaged, old);
    if (made) CHECK(made->size() == patched_size(damaged));
  }
}

Bytes number(int64_t value) {
  char raw[8];
  store_le64(raw, value < 0 ? static_cast<uint64_t>(-value) | uint64_t{1} << 63
                            : static_cast<uint64_t>(value));
  return {raw, sizeof raw};
}

Bytes patch_of(const std::vector<std::array<int64_t, 3>>& lines, BytesView difference,
               BytesView extra, int64_t size) {
  Bytes control;
  for (const auto& line : lines) {
    for (const int64_t value : line) control += number(value);
  }
  const Bytes packed = pack(Packing::kBzip2, control);
  const Bytes packed_difference = pack(Packing::kBzip2, difference);
  return "BSDIFF40" + number(static_cast<int64_t>(packed.size())) +
         number(static_cast<int64_t>(packed_difference.size())) + number(size) + packed +
         packed_difference + pack(Packing::kBzip2, extra);
}

TEST_CASE("control lines that lead outside") {
  const Bytes old = "0123456789";
  // Bytes before the beginning and behind the end count as zero.
  CHECK(patched(patch_of({{0, 0, -2}, {4, 0, 0}}, Bytes(4, '\1'), "", 4), old) ==
        Bytes("\1\1\x31\x32", 4));
  CHECK(patched(patch_of({{0, 0, 9}, {3, 0, 0}}, Bytes(3, '\0'), "", 3), old) == Bytes("9\0\0", 3));
  const int64_t far = int64_t{1} << 62;
  CHECK_FALSE(
      patched(patch_of({{0, 0, far}, {0, 1, far}, {1, 0, far}}, "a", "b", 2), old).has_value());
  CHECK_FALSE(patched(patch_of({{-1, 0, 0}}, "", "", 1), old).has_value());
  CHECK_FALSE(patched(patch_of({{0, 2, 0}}, "", "ab", 1), old).has_value());
  CHECK_FALSE(patched(patch_of({{0, 0, 0}, {0, 0, 0}, {0, 1, 0}}, "", "a", 1), old).has_value());
  CHECK_FALSE(patched(patch_of({{0, 1, 0}}, "", "a", -1), old).has_value());
}

}  // namespace
}  // namespace argosy::payload
