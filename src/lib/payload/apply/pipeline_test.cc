#include "lib/payload/apply/pipeline.h"

#include <doctest/doctest.h>

#include "lib/payload/apply/read_behind.h"
#include "lib/payload/apply/simulated_test.h"

namespace argosy::payload {
namespace {

// Works when it is told to, or never.
class LazyExecutor final : public Executor {
 public:
  void run(std::move_only_function<void()> work) override { works.push_back(std::move(work)); }
  std::vector<std::move_only_function<void()>> works;
};

struct Slot {
  explicit Slot(uint64_t blocks)
      : storage(Bytes(blocks * kBlockSize, '?'), blocks * kBlockSize),
        info{.size = blocks * kBlockSize, .sha256 = Bytes(32, 'h')},
        installation({.name = kMainPartition, .new_info = &info}, kBlockSize, storage, nullptr,
                     Verification::kStorage, nullptr) {}

  Operation zeros(uint64_t start, uint64_t count) const {
    return {.type = OperationType::kReplace,
            .dst_extents = {{start, count}},
            .data_sha256 = sha256("")};
  }

  MemoryStorage storage;
  InstallInfo info;
  Installation installation;
};

TEST_CASE("jobs are taken in their order, made by whoever is first") {
  Slot slot(3);
  const Operation operations[] = {slot.zeros(0, 1), slot.zeros(1, 1), slot.zeros(2, 1)};
  LazyExecutor executor;
  Pipeline pipeline(&executor);
  for (uint64_t i = 0; i < 3; ++i) pipeline.add(i, {&slot.installation, &operations[i]}, "");
  CHECK_FALSE(pipeline.is_due());
  executor.works[1]();
  CHECK_FALSE(pipeline.is_due());
  executor.works[0]();
  CHECK(pipeline.is_due());
  for (const Operation& operation : operations) {
    const auto job = pipeline.take();
    CHECK(job->step().operation == &operation);
    CHECK_FALSE(job->write({}).has_value());
  }
  CHECK(pipeline.is_empty());
  CHECK_FALSE(pipeline.is_due());
}

TEST_CASE("enough in memory makes the first due; what is too large takes none ahead") {
  const uint64_t most = Pipeline::kMostBytes / kBlockSize;
  Slot slot(4 * most);
  const Operation half = slot.zeros(0, most / 4);
  const Operation huge = slot.zeros(0, 2 * most);
  LazyExecutor executor;
  Pipeline pipeline(&executor);
  for (uint64_t i = 0; i < 3; ++i) {
    pipeline.add(i, {&slot.installation, &half}, "");
    CHECK_FALSE(pipeline.is_due());
  }
  pipeline.add(3, {&slot.installation, &half}, "");
  CHECK(pipeline.is_due());
  (void)pipeline.take();
  CHECK_FALSE(pipeline.is_due());
  pipeline.add(4, {&slot.installation, &huge}, "a");
  CHECK_FALSE(pipeline.is_due());
  pipeline.add(5, {nullptr, &half}, Bytes(Pipeline::kMostBytes / 4, 'b'));
  CHECK(pipeline.is_due());
}

TEST_CASE("work that comes after the end does nothing") {
  LazyExecutor executor;
  {
    Slot slot(8 << 10);
    const Operation operation = slot.zeros(0, 1);
    Pipeline pipeline(&executor);
    pipeline.add(0, {&slot.installation, &operation}, "");
    ReadBehind behind(slot.storage, executor, 8 << 20);
    behind.advance(8 << 20);
  }
  REQUIRE(executor.works.size() == 2);
  for (auto& work : executor.works) work();
}

TEST_CASE("the hash behind is that of all bytes, however little was read before the end") {
  constexpr uint64_t kSize = (20 << 20) + 77;
  MemoryStorage storage(Bytes(kSize, 'x'), kSize);
  for (const int turns : {0, 1, 2}) {
    LazyExecutor executor;
    ReadBehind behind(storage, executor, kSize);
    behind.advance(1 << 20);
    CHECK(executor.works.empty());
    behind.advance(9 << 20);
    REQUIRE(executor.works.size() == 1);
    CHECK(behind.begun() == 9 << 20);
    if (turns > 0) executor.works[0]();
    behind.advance(kSize);
    CHECK(executor.works.size() == (turns > 0 ? 2 : 1));
    if (turns > 1) executor.works[1]();
    CHECK(behind.finish() == sha256(storage.bytes));
  }
}

TEST_CASE("a frontier is where the first gap is") {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    Frontier frontier;
    std::vector<bool> model(100);
    for (int i = 0; i < 60; ++i) {
      const uint64_t begin = random.below(100);
      const uint64_t end = begin + random.below(101 - begin);
      frontier.add(begin, end);
      for (uint64_t at = begin; at < end; ++at) model[at] = true;
      const auto gap = std::ranges::find(model, false) - model.begin();
      REQUIRE(frontier.end() == static_cast<uint64_t>(gap));
    }
  }
}

}  // namespace
}  // namespace argosy::payload
