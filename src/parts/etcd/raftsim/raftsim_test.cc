// Histories of whole clusters. By default a fixed number of them; or
//   ARGOSY_RAFT_SEED=n     that one, exactly as it was
//   ARGOSY_RAFT_SECONDS=n  new ones for so long
//   ARGOSY_RAFT_TRACE=1    with every message on standard error
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>

#include "base/format.h"
#include "parts/etcd/raftsim/cluster.h"
#include "sys/clock/clock.h"

namespace argosy::etcd::raftsim {
namespace {

constexpr uint64_t kHistories = 20'000;

std::optional<uint64_t> number_from(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

void trace(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

struct Totals {
  uint64_t histories = 0;
  uint64_t committed = 0;
  uint64_t reads = 0;
};

bool holds(uint64_t seed, Totals& totals) {
  const Plan plan = plan_of(seed);
  Cluster cluster(plan, number_from("ARGOSY_RAFT_TRACE") ? trace : Cluster::Trace());
  const std::optional<std::string> violation = cluster.run();
  totals.histories += 1;
  totals.committed += cluster.committed();
  totals.reads += cluster.reads_answered();
  if (!violation) return true;
  const std::string story =
      format("{}\n  {}\n  again, with every message: ARGOSY_RAFT_SEED={} ARGOSY_RAFT_TRACE=1",
             *violation, describe(plan), seed);
  FAIL_CHECK(story);
  return false;
}

void report(const Totals& totals) {
  std::printf("%llu histories, %llu entries committed, %llu reads answered\n",
              static_cast<unsigned long long>(totals.histories),
              static_cast<unsigned long long>(totals.committed),
              static_cast<unsigned long long>(totals.reads));
}

TEST_CASE("every history of a cluster is one of raft") {
  Totals totals;
  if (std::optional<uint64_t> seed = number_from("ARGOSY_RAFT_SEED")) {
    holds(*seed, totals);
    return report(totals);
  }
  if (std::optional<uint64_t> seconds = number_from("ARGOSY_RAFT_SECONDS")) {
    const MonotonicTime start = real_clock().now();
    const Duration limit = std::chrono::seconds(*seconds);
    // Beyond the fixed ones, and other ones each time.
    uint64_t seed = kHistories + static_cast<uint64_t>(start.time_since_epoch().count());
    while (real_clock().now() - start < limit && holds(seed, totals)) ++seed;
    return report(totals);
  }
  int failures = 0;
  for (uint64_t seed = 1; seed <= kHistories && failures < 5; ++seed) {
    if (!holds(seed, totals)) ++failures;
  }
  report(totals);
  // A simulation in which nothing happens proves nothing.
  CHECK(totals.committed > kHistories * 5);
  CHECK(totals.reads > kHistories / 2);
}

}  // namespace
}  // namespace argosy::etcd::raftsim
