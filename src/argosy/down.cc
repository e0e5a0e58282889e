#include <cstdio>
#include <unistd.h>

#include "argosy/stop.h"
#include "argosy/verbs.h"
#include "base/format.h"

namespace argosy {
namespace {

// Only what `up` has made; anything else in the directory stays, and so does it.
Result<void> purge(const Places& places) {
  for (const std::string& path : {places.members(), places.logs(), places.state(),
                                  places.state() + ".tmp", places.plan(), places.lock()}) {
    TRY(remove_all(real_disk(), path));
  }
  (void)::rmdir(places.root.c_str());
  return {};
}

}  // namespace

Result<int> down(const Options& options) {
  Cluster cluster = TRY(Cluster::open(options.data));
  const bool ran = cluster.runs();
  const Stopped stopped = TRY(stop(cluster));
  const bool purged = options.purge && cluster.plan().has_value();
  if (purged) TRY(purge(cluster.places()));
  if (options.json) {
    const json::Object answer{{"data", options.data},
                              {"stopped", stopped.members},
                              {"killed", stopped.killed},
                              {"purged", purged}};
    std::printf("%s\n", json::to_pretty_text(answer).c_str());
    return 0;
  }
  if (!ran) std::printf("Nothing runs in %s\n", options.data.c_str());
  if (ran) std::printf("Stopped %s\n", counted(stopped.members, "member").c_str());
  if (stopped.killed > 0)
    std::printf("%s had to be killed\n", counted(stopped.killed, "member").c_str());
  if (purged) std::printf("Deleted the cluster in %s\n", options.data.c_str());
  return 0;
}

}  // namespace argosy
