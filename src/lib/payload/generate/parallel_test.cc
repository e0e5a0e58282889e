#include "lib/payload/generate/parallel.h"

#include <algorithm>
#include <atomic>
#include <doctest/doctest.h>

namespace argosy::payload {
namespace {

TEST_CASE("results come in order, within the bound") {
  std::atomic<uint64_t> in_use = 0;
  std::atomic<bool> was_over = false;
  const auto cost = [](size_t i) { return uint64_t{1} + i % 7; };
  std::vector<size_t> taken;
  OrderedParallel<size_t> parallel(
      {.threads = 4, .memory_bytes = 10}, 1000, cost,
      [&](size_t i) -> Result<size_t> {
        const uint64_t now = in_use += cost(i);
        if (now > 10) was_over = true;
        std::this_thread::yield();
        in_use -= cost(i);
        return i * i;
      },
      [&](size_t i, size_t made) -> Result<void> {
        CHECK(made == i * i);
        taken.push_back(i);
        return {};
      });
  CHECK(parallel.run().has_value());
  CHECK(taken.size() == 1000);
  CHECK(std::ranges::is_sorted(taken));
  CHECK_FALSE(was_over);
}

TEST_CASE("what needs more than the bound runs alone") {
  OrderedParallel<int> parallel(
      {.threads = 3, .memory_bytes = 1}, 5, [](size_t) { return uint64_t{100}; },
      [](size_t) -> Result<int> { return 1; }, [](size_t, int) -> Result<void> { return {}; });
  CHECK(parallel.run().has_value());
}

TEST_CASE("the first error ends it, of whichever side") {
  for (const bool in_make : {true, false}) {
    size_t taken = 0;
    OrderedParallel<int> parallel(
        {.threads = 4}, 100'000, [](size_t) { return uint64_t{1}; },
        [&](size_t i) -> Result<int> {
          if (in_make && i == 20) return fail(Code::kInternal, "make");
          return 1;
        },
        [&](size_t i, int) -> Result<void> {
          ++taken;
          if (!in_make && i == 20) return fail(Code::kInternal, "take");
          return {};
        });
    const auto done = parallel.run();
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().message() == (in_make ? "make" : "take"));
    CHECK(taken == (in_make ? 20 : 21));
  }
}

}  // namespace
}  // namespace argosy::payload
