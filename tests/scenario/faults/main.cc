// etcd-torture: a cluster of real processes, clients, faults, and a verdict.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/format.h"
#include "lib/cli/flag_set.h"
#include "tests/scenario/faults/run.h"

namespace {

using namespace argosy;

struct Flags {
  faults::RunOptions run;
  std::string name;
  uint64_t seed = 0;
  uint64_t members = 0;
  uint64_t clients = 0;
};

void define(cli::FlagSet& set, Flags& flags) {
  const bool is_long = std::getenv("ARGOSY_LONG") != nullptr;
  faults::RunOptions& run = flags.run;
  set.add("program", run.process.program, "", "The etcd to run.");
  set.add("case", flags.name, "kill", "kill: processes; partition: network namespaces too.");
  set.add("seed", flags.seed, uint64_t{0}, "The choice of faults and requests; 0: a new one.");
  set.add("members", flags.members, uint64_t{3}, "Members of the cluster.");
  set.add("clients", flags.clients, uint64_t{12}, "Clients that work at the same time.");
  set.add("kills", run.nemesis.kills, uint64_t{is_long ? 200U : 40U}, "Members killed in all.");
  set.add("partitions", run.nemesis.partitions, uint64_t{is_long ? 200U : 20U},
          "Networks cut in all.");
  set.add("snapshot-count", run.process.snapshot_count, uint64_t{200}, "Passed to the members.");
  set.add("heartbeat-interval", run.process.heartbeat_ms, uint64_t{20}, "Passed to the members.");
  set.add("election-timeout", run.process.election_ms, uint64_t{200}, "Passed to the members.");
  set.add("limit", run.limit, minutes(12), "The run fails when it takes longer.");
  set.add("trust-progress", run.trusts_progress, true,
          "Watch progress comes after the events it covers; not so in the original to 3.4.24.");
  set.add("keep", run.keep, false, "Keep the members' directories and logs.");
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Flags flags;
  cli::FlagSet set("etcd-torture");
  define(set, flags);
  const auto parsed = set.parse(std::vector<std::string>(argv + 1, argv + argc));
  const bool is_known_case = flags.name == "kill" || flags.name == "partition";
  if (!parsed || !parsed->empty() || !is_known_case || flags.run.process.program.empty() ||
      flags.members < 3) {
    std::fprintf(stderr, "%s\n%s", parsed ? "bad arguments" : parsed.error().text().c_str(),
                 set.usage().c_str());
    return 2;
  }
  if (flags.seed == 0) flags.seed = real_random().next() % 1'000'000'000 + 1;
  std::printf("etcd-torture --case %s --seed %lu\n", flags.name.c_str(), flags.seed);
  flags.run.in_namespaces = flags.name == "partition";
  flags.run.members = flags.members;
  flags.run.workload.clients = flags.clients;
  flags.run.workload.seed = flags.seed;
  flags.run.nemesis.seed = flags.seed + 1;
  switch (faults::run(std::move(flags.run))) {
    case faults::Outcome::kPassed:
      return 0;
    case faults::Outcome::kFailed:
      return 1;
    case faults::Outcome::kSkipped:
      return 77;
  }
}
