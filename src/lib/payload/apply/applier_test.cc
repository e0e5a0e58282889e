#include "lib/payload/apply/applier.h"

#include <doctest/doctest.h>

#include "lib/payload/apply/simulated_test.h"

namespace argosy::payload {
namespace {

struct Machine {
  explicit Machine(const SimulatedPayload& payload)
      : old(payload.old_image, payload.old_image.size()),
        fresh(Bytes(payload.old_image.size(), '?'), payload.old_image.size()) {}

  std::vector<Target> targets(bool has_old = true) {
    return {
        {.name = std::string(kMainPartition), .fresh = &fresh, .old = has_old ? &old : nullptr}};
  }

  MemoryStorage old;
  MemoryStorage fresh;
};

Expectations expect(const SimulatedPayload& payload) {
  return {.size = payload.bytes.size(), .sha256 = sha256(payload.bytes)};
}

Result<void> feed_all(Applier& applier, BytesView bytes, size_t piece) {
  while (applier.position() < bytes.size()) {
    TRY(applier.feed(bytes.substr(applier.position(), piece)));
  }
  return applier.finish();
}

const SimulationOptions kKinds[] = {
    {.major_version = 1, .is_delta = false},
    {.major_version = 1},
    {.major_version = 1, .rewrites = true},
    {.major_version = 2, .is_delta = false},
    {.major_version = 2},
};

TEST_CASE("every payload makes its image, in pieces of any size, and leaves the old slot") {
  for (const SimulationOptions& kind : kKinds) {
    for (uint64_t seed = 1; seed <= 40; ++seed) {
      CAPTURE(kind.major_version);
      CAPTURE(seed);
      SimulatedPayload payload = simulate_payload(seed, kind);
      assemble(payload, {test_key(1)});
      for (const size_t piece : {size_t{1} << 30, size_t{1000}, size_t{7}}) {
        Machine machine(payload);
        Expectations expectations = expect(payload);
        expectations.keys = test_keyring(1);
        expectations.reads_back = seed % 2 == 0;
        Applier applier(machine.targets(kind.is_delta), std::move(expectations));
        const auto done = feed_all(applier, payload.bytes, piece);
        CAPTURE((done ? "" : done.error().text()));
        REQUIRE(done.has_value());
        CHECK(machine.fresh.bytes == payload.new_image);
        CHECK(machine.old.bytes == payload.old_image);
        CHECK(applier.error_code() == ErrorCode::kSuccess);
        CHECK(applier.operations_done() == applier.operations_total());
      }
    }
  }
}

// Applies until the storage fails, saving a checkpoint after each piece.
std::optional<Checkpoint> run_until_crash(Machine& machine, const SimulatedPayload& payload,
                                          size_t piece, int64_t writes) {
  machine.fresh.writes_left = writes;
  Applier applier(machine.targets(), expect(payload));
  std::optional<Checkpoint> saved;
  while (applier.position() < payload.bytes.size()) {
    if (!applier.feed(BytesView(payload.bytes).substr(applier.position(), piece))) break;
    saved = applier.checkpoint();
  }
  if (applier.error_code() == ErrorCode::kSuccess) CHECK_FALSE(applier.finish().has_value());
  machine.fresh.writes_left.reset();
  return saved;
}

TEST_CASE("killed at any write, an update goes on from its last checkpoint to the same end") {
  for (const SimulationOptions& kind : kKinds) {
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      SimulatedPayload payload = simulate_payload(seed, kind);
      assemble(payload, {test_key(1)});
      Machine whole(payload);
      Applier uninterrupted(whole.targets(), expect(payload));
      REQUIRE(feed_all(uninterrupted, payload.bytes, 3000).has_value());
      for (int64_t writes = 0; writes < whole.fresh.writes; ++writes) {
        CAPTURE(kind.major_version);
        CAPTURE(seed);
        CAPTURE(writes);
        Machine machine(payload);
        const auto saved = run_until_crash(machine, payload, 3000, writes);
        std::optional<Applier> applier;
        if (saved) {
          applier.emplace(machine.targets(), expect(payload), *saved);
        } else {
          applier.emplace(machine.targets(), expect(payload));
        }
        const auto done = feed_all(*applier, payload.bytes, 5000);
        CAPTURE((done ? "" : done.error().text()));
        REQUIRE(done.has_value());
        CHECK(machine.fresh.bytes == payload.new_image);
      }
    }
  }
}

TEST_CASE("a checkpoint at every operation boundary resumes, and only for its own payload") {
  SimulatedPayload payload = simulate_payload(5, {.major_version = 2});
  assemble(payload, {test_key(1)});
  SimulatedPayload another = simulate_payload(6, {.major_version = 2});
  assemble(another, {test_key(1)});
  Machine machine(payload);
  Applier applier(machine.targets(), expect(payload));
  uint64_t seen = 0;
  while (applier.position() < payload.bytes.size()) {
    REQUIRE(applier.feed(BytesView(payload.bytes).substr(applier.position(), 1)).has_value());
    const auto checkpoint = applier.checkpoint();
    if (!checkpoint || checkpoint->next_operation == seen) continue;
    seen = checkpoint->next_operation;
    Machine copy = machine;
    Applier resumed(copy.targets(), expect(payload), *checkpoint);
    REQUIRE(feed_all(resumed, payload.bytes, 4096).has_value());
    CHECK(copy.fresh.bytes == payload.new_image);
    Applier wrong(copy.targets(), expect(another), *checkpoint);
    CHECK_FALSE(feed_all(wrong, another.bytes, 4096).has_value());
    CHECK(wrong.error_code() == ErrorCode::kDownloadStateInitialization);
  }
  CHECK(seen == applier.operations_total());
}

}  // namespace
}  // namespace argosy::payload
