// With an executor, whatever it does and does not do, an applier writes the same, in the same
// order, and fails with the same number.
#include <doctest/doctest.h>

#include "lib/payload/apply/simulated_test.h"
#include "lib/payload/compression/compression.h"

namespace argosy::payload {
namespace {

struct Run {
  std::vector<std::pair<uint64_t, Bytes>> log;
  Bytes outcome;
  ErrorCode code = ErrorCode::kSuccess;
  std::string text;
  std::optional<Checkpoint> checkpoint;  // the last
};

struct RunOptions {
  Executor* executor = nullptr;
  size_t piece = 3000;
  std::optional<int64_t> writes_left;
  std::optional<Checkpoint> resume;
  bool is_medium = true;
};

std::vector<Target> targets(MemoryStorage& fresh, MemoryStorage& old) {
  return {{.name = std::string(kMainPartition), .fresh = &fresh, .old = &old}};
}

// `slot`: what is there before.
Run apply(const SimulatedPayload& payload, Bytes slot, const RunOptions& options) {
  MemoryStorage old(payload.old_image, payload.old_image.size());
  const uint64_t size = slot.size();
  MemoryStorage fresh(std::move(slot), size);
  fresh.writes_left = options.writes_left;
  fresh.is_medium = options.is_medium;
  Expectations expect{.size = payload.bytes.size(), .executor = options.executor};
  Run run;
  {
    Applier applier = options.resume
                          ? Applier(targets(fresh, old), std::move(expect), *options.resume)
                          : Applier(targets(fresh, old), std::move(expect));
    Result<void> done;
    const BytesView bytes = payload.bytes;
    while (done && applier.position() < bytes.size()) {
      done = applier.feed(bytes.substr(applier.position(), options.piece));
      run.checkpoint = applier.checkpoint();
    }
    if (done) done = applier.finish();
    run.code = applier.error_code();
    if (!done) run.text = done.error().text();
  }
  CHECK(old.bytes == payload.old_image);
  run.log = std::move(fresh.log);
  run.outcome = std::move(fresh.bytes);
  return run;
}

Bytes blank(const SimulatedPayload& payload) {
  return Bytes(payload.old_image.size(), '?');
}

const SimulationOptions kKinds[] = {{.major_version = 1, .is_delta = false},
                                    {.major_version = 1},
                                    {.major_version = 1, .rewrites = true},
                                    {.major_version = 2}};

TEST_CASE("what is written, and in which order, is the same with any executor") {
  for (const SimulationOptions& kind : kKinds) {
    for (uint64_t seed = 1; seed <= 30; ++seed) {
      CAPTURE(kind.major_version);
      CAPTURE(seed);
      SimulatedPayload payload = simulate_payload(seed, kind);
      assemble(payload, {test_key(1)});
      const Run alone = apply(payload, blank(payload), {});
      REQUIRE(alone.text == "");
      REQUIRE(alone.outcome == payload.new_image);
      MoodyExecutor moody(seed);
      ThreadExecutor threads;
      for (Executor* executor : std::initializer_list<Executor*>{&moody, &threads}) {
        const Run other = apply(payload, blank(payload), {.executor = executor, .piece = 1 << 20});
        CHECK(other.text == "");
        CHECK(other.outcome == alone.outcome);
        CHECK(other.log == alone.log);
      }
    }
  }
}

TEST_CASE("killed at any write, what is there is the same, and enough for what was saved") {
  for (const SimulationOptions& kind : kKinds) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      SimulatedPayload payload = simulate_payload(seed, kind);
      assemble(payload, {test_key(1)});
      const size_t writes = apply(payload, blank(payload), {}).log.size();
      for (size_t at = 0; at < writes; ++at) {
        CAPTURE(kind.major_version);
        CAPTURE(seed);
        CAPTURE(at);
        MoodyExecutor moody(at);
        const auto left = static_cast<int64_t>(at);
        const Run alone = apply(payload, blank(payload), {.writes_left = left});
        const Run killed =
            apply(payload, blank(payload), {.executor = &moody, .writes_left = left});
        CHECK(killed.outcome == alone.outcome);
        CHECK(killed.code == alone.code);
        CHECK(killed.text == alone.text);
        const Run resumed = apply(payload, killed.outcome,
                                  {.executor = &moody, .piece = 5000, .resume = killed.checkpoint});
        CHECK(resumed.text == "");
        CHECK(resumed.outcome == payload.new_image);
      }
    }
  }
}

TEST_CASE("of several defects the first in the payload's order is told") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    SimulatedPayload payload = simulate_payload(seed, {.major_version = 2});
    std::vector<Operation>& operations = operations_of(payload);
    SeededRandom random(seed);
    for (int i = 0; i < 3; ++i) {
      Operation& one = operations[random.below(operations.size())];
      if (!one.data_sha256.empty()) one.data_sha256[0] ^= 1;
      if (!one.src_sha256.empty()) one.src_sha256[0] ^= 1;
    }
    assemble(payload);
    const Run alone = apply(payload, blank(payload), {});
    MoodyExecutor moody(seed);
    const Run other = apply(payload, blank(payload), {.executor = &moody, .piece = 1 << 20});
    CHECK(other.code == alone.code);
    CHECK(other.text == alone.text);
    CHECK(other.outcome == alone.outcome);
  }
}

TEST_CASE("a payload that ends early has written all that it had") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    SimulatedPayload payload = simulate_payload(seed, {.major_version = 2});
    std::vector<Operation>& operations = operations_of(payload);
    SeededRandom random(seed);
    Operation& one = operations[random.below(operations.size())];
    if (seed % 2 == 0 && !one.data_sha256.empty()) one.data_sha256[0] ^= 1;
    assemble(payload);
    payload.bytes.resize(payload.bytes.size() - random.below(payload.bytes.size() / 2) - 1);
    const Run alone = apply(payload, blank(payload), {});
    MoodyExecutor moody(seed);
    const Run other = apply(payload, blank(payload), {.executor = &moody, .piece = 1 << 20});
    CHECK(other.code == alone.code);
    CHECK(other.text == alone.text);
    CHECK(other.outcome == alone.outcome);
  }
}

// 40 MiB in operations of 4 MiB, so that there is something to verify behind the writing;
// with `again` one more that writes its first block a second time.
SimulatedPayload large_payload(bool again) {
  constexpr uint64_t kBlocks = 1024;
  SimulatedPayload payload;
  payload.major_version = 1;
  payload.manifest.block_size = kBlockSize;
  const auto add = [&](uint64_t block, Bytes bytes) {
    payload.new_image.resize(
        std::max<size_t>(payload.new_image.size(), block * kBlockSize + bytes.size()));
    payload.new_image.replace(block * kBlockSize, bytes.size(), bytes);
    const Bytes blob = pack(Packing::kZstd, bytes);
    Operation operation{.type = OperationType::kReplaceZstd,
                        .data_length = blob.size(),
                        .dst_extents = {{block, bytes.size() / kBlockSize}},
                        .data_sha256 = sha256(blob)};
    payload.manifest.partition_operations.push_back(std::move(operation));
    payload.blobs.push_back(blob);
  };
  for (uint64_t i = 0; i < 10; ++i) {
    add(i * kBlocks, Bytes(kBlocks * kBlockSize, static_cast<char>('a' + i)));
  }
  if (again) add(0, Bytes(kBlockSize, 'z'));
  payload.old_image = Bytes(payload.new_image.size(), 'o');
  payload.manifest.new_partition_info =
      InstallInfo{.size = payload.new_image.size(), .sha256 = sha256(payload.new_image)};
  assemble(payload);
  return payload;
}

TEST_CASE("a large part is verified behind its writing, also when that begins anew") {
  for (const bool again : {false, true}) {
    for (const bool is_medium : {false, true}) {
      const SimulatedPayload payload = large_payload(again);
      ThreadExecutor threads;
      const Run run = apply(payload, blank(payload),
                            {.executor = &threads, .piece = 100, .is_medium = is_medium});
      CHECK(run.text == "");
      CHECK(run.outcome == payload.new_image);
    }
  }
}

// A medium that loses a bit of what it was given.
class BadMedium final : public Storage {
 public:
  BadMedium(uint64_t size, uint64_t bad) : bytes_(Bytes(size, '?'), size), bad_(bad) {}
  uint64_t capacity() const override { return bytes_.capacity(); }
  Result<void> read(uint64_t offset, std::span<char> to) override {
    return bytes_.read(offset, to);
  }
  Result<void> write(uint64_t offset, BytesView bytes) override {
    TRY(bytes_.write(offset, bytes));
    if (bad_ >= offset && bad_ < offset + bytes.size()) bytes_.bytes[bad_] ^= 1;
    return {};
  }
  Result<void> set_size(uint64_t) override { return {}; }
  bool reads_medium() const override { return true; }

 private:
  MemoryStorage bytes_;
  uint64_t bad_;
};

TEST_CASE("what the medium lost is found, wherever it is") {
  const SimulatedPayload payload = large_payload(false);
  const uint64_t size = payload.new_image.size();
  for (const uint64_t bad : {uint64_t{0}, size / 2, size - 1}) {
    CAPTURE(bad);
    ThreadExecutor threads;
    BadMedium medium(size, bad);
    Applier applier({{.name = std::string(kMainPartition), .fresh = &medium}},
                    {.executor = &threads});
    for (size_t at = 0; at < payload.bytes.size(); at += 100) {
      REQUIRE(applier.feed(BytesView(payload.bytes).substr(at, 100)).has_value());
    }
    CHECK_FALSE(applier.finish().has_value());
    CHECK(applier.error_code() == ErrorCode::kNewRootfsVerification);
  }
}

}  // namespace
}  // namespace argosy::payload
