#include <cstdio>

#include "argosy/cluster.h"
#include "argosy/verbs.h"
#include "base/format.h"
#include "io/loop/uv_loop.h"

namespace argosy {

Result<int> status(const Options& options) {
  const Cluster cluster = TRY(Cluster::open(options.data));
  if (!cluster.plan() || !cluster.runs()) {
    if (!options.json) {
      return fail(Code::kNotFound,
                  format("nothing runs in {}; `argosy up` starts a cluster", options.data));
    }
    const json::Object answer{{"data", options.data},
                              {"healthy", false},
                              {"supervisor_pid", 0},
                              {"members", json::Array{}}};
    std::printf("%s\n", json::to_pretty_text(answer).c_str());
    return 1;
  }
  UvLoop loop;
  HealthCheck check(loop, *cluster.plan());
  const ClusterView view = cluster.view(check.ask(seconds(3)));
  const std::string text =
      options.json ? json::to_pretty_text(to_json(view)) + "\n" : to_table(view);
  std::fputs(text.c_str(), stdout);
  return is_healthy(view.health) ? 0 : 1;
}

}  // namespace argosy
