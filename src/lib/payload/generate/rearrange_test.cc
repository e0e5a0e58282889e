#include "lib/payload/generate/rearrange.h"

#include <doctest/doctest.h>

namespace argosy::payload {
namespace {

using Extents = std::vector<Extent>;

TEST_CASE("a copy keeps what is still there") {
  Extents orphans;
  const Work work{.kind = Work::Kind::kCopy, .fresh = {{10, 5}}, .old = {{50, 5}}, .segments = {}};
  const Work left = without_blocks(work, {{51, 2}}, orphans);
  CHECK(left.kind == Work::Kind::kCopy);
  CHECK(left.fresh == Extents{{10, 1}, {13, 2}});
  CHECK(left.old == Extents{{50, 1}, {53, 2}});
  CHECK(orphans == Extents{{11, 2}});
}

TEST_CASE("a patch's segments move with the blocks that are left") {
  constexpr uint64_t kB = kBlockSize;
  Extents orphans;
  const Work work{.kind = Work::Kind::kPatch,
                  .fresh = {{0, 8}},
                  .old = {{20, 2}, {30, 4}},
                  .segments = {{.at = 0, .size = kB, .old_at = 100, .old_size = 2 * kB - 100},
                               {.at = kB, .size = kB, .old_at = 2 * kB + 7, .old_size = kB},
                               {.at = 3 * kB, .size = 9, .old_at = 4 * kB, .old_size = 2 * kB}}};

  SUBCASE("a block in front") {
    const Work left = without_blocks(work, {{20, 1}}, orphans);
    CHECK(left.old == Extents{{21, 1}, {30, 4}});
    REQUIRE(left.segments.size() == 3);
    CHECK(left.segments[0].old_at == 0);
    CHECK(left.segments[0].old_size == kB);
    CHECK(left.segments[1].old_at == kB + 7);
    CHECK(left.segments[1].old_size == kB);
    CHECK(left.segments[2].at == 3 * kB);
    CHECK(left.segments[2].old_at == 3 * kB);
  }
  SUBCASE("a segment's begin, with what the next block has of it") {
    const Work left = without_blocks(work, {{30, 1}}, orphans);
    REQUIRE(left.segments.size() == 3);
    CHECK(left.segments[1].old_at == 2 * kB);
    CHECK(left.segments[1].old_size == 7);
  }
  SUBCASE("all of a segment") {
    const Work left = without_blocks(work, {{32, 2}}, orphans);
    CHECK(left.old == Extents{{20, 2}, {30, 2}});
    CHECK(left.segments.size() == 2);
  }
  SUBCASE("everything") {
    const Work left = without_blocks(work, {{20, 2}, {30, 4}}, orphans);
    CHECK(left.kind == Work::Kind::kFull);
    CHECK(left.fresh == Extents{{0, 8}});
    CHECK(left.old.empty());
  }
  CHECK(orphans.empty());
}

Work copies(uint64_t from, uint64_t to, uint64_t blocks) {
  return {.kind = Work::Kind::kCopy, .fresh = {{to, blocks}}, .old = {{from, blocks}}};
}

TEST_CASE("two files that change places: one operation, if there is memory for it") {
  const std::vector<Work> works =
      rearrange_in_place({copies(0, 1000, 300), copies(1000, 0, 300)}, 256 * kBlockSize);
  REQUIRE(works.size() == 1);
  CHECK(works[0].kind == Work::Kind::kCopy);
  CHECK(works[0].fresh == Extents{{1000, 300}, {0, 300}});
  CHECK(works[0].old == Extents{{0, 300}, {1000, 300}});
}

TEST_CASE("two large files that change places: one is copied, the other sent") {
  const std::vector<Work> works =
      rearrange_in_place({copies(0, 9000, 8000), copies(9000, 0, 8000)}, 256 * kBlockSize);
  REQUIRE(works.size() == 1 + 32);
  CHECK(works[0].kind == Work::Kind::kCopy);
  for (size_t i = 1; i < works.size(); ++i) CHECK(works[i].kind == Work::Kind::kFull);
  CHECK(works[1].fresh == Extents{{works[0].fresh[0].start_block == 0 ? 9000U : 0U, 256}});
  CHECK(works.back().fresh[0].num_blocks == 64);
}

TEST_CASE("a copy and a patch that go round are one patch") {
  const Work patch{.kind = Work::Kind::kPatch,
                   .fresh = {{0, 2}},
                   .old = {{10, 3}},
                   .segments = {{.at = 5, .size = 10, .old_at = 7, .old_size = 100}}};
  const std::vector<Work> works = rearrange_in_place({copies(0, 10, 2), patch}, 1 << 20);
  REQUIRE(works.size() == 1);
  CHECK(works[0].kind == Work::Kind::kPatch);
  CHECK(works[0].fresh == Extents{{10, 2}, {0, 2}});
  CHECK(works[0].old == Extents{{0, 2}, {10, 3}});
  REQUIRE(works[0].segments.size() == 2);
  CHECK(works[0].segments[0].old_size == 2 * kBlockSize);
  CHECK(works[0].segments[1].at == 2 * kBlockSize + 5);
  CHECK(works[0].segments[1].old_at == 2 * kBlockSize + 7);
}

}  // namespace
}  // namespace argosy::payload
