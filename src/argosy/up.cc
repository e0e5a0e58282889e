#include <cstdio>
#include <unistd.h>

#include "argosy/cluster.h"
#include "argosy/ports.h"
#include "argosy/stop.h"
#include "argosy/verbs.h"
#include "base/format.h"
#include "io/loop/uv_loop.h"
#include "sys/process/proc.h"
#include "sys/random/random.h"

namespace argosy {
namespace {

constexpr uint64_t kDefaultMembers = 3;

void say(const Options& options, const std::string& line) {
  if (options.json) return;
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

Result<std::string> find_etcd(const Options& options) {
  std::string path =
      !options.etcd.empty() ? options.etcd : join_path(parent_path(TRY(own_program())), "etcd");
  if (::access(path.c_str(), X_OK) != 0) {
    return fail(Code::kNotFound, format("there is no program {}; build it (./argosy build etcd) "
                                        "or name one with --etcd",
                                        path));
  }
  return path;
}

// A new cluster's plan, or that of one that was started before, with its ports checked.
Result<ClusterPlan> prepare_plan(const Options& options, const Cluster& cluster, Network& network) {
  if (!cluster.plan()) {
    const uint64_t members = options.members != 0 ? options.members : kDefaultMembers;
    const auto first = static_cast<uint16_t>(options.port != 0 ? options.port : kFirstPort);
    const std::string token = "argosy-" + to_hex16(real_random().next());
    ChosenPlan chosen = TRY(choose_plan(network, members, first, options.port != 0, token));
    for (const std::string& note : chosen.notes) say(options, note + "; taking the next");
    TRY(real_disk().make_directories(cluster.places().logs(), 0700));
    TRY(real_disk().make_directories(cluster.places().members(), 0700));
    TRY(replace_file(real_disk(), cluster.places().plan(),
                     json::to_pretty_text(to_json(chosen.plan)) + "\n"));
    return chosen.plan;
  }
  TRY(check_ports(network, *cluster.plan(), [&](const MemberPlan& member) {
    const MemberState* state = cluster.state().find(member.name);
    return state == nullptr || !find_running(state->process);
  }));
  return *cluster.plan();
}

Result<void> check_same(const Options& options, const ClusterPlan& plan) {
  const auto differs = [](const std::string& has, uint64_t wanted) {
    return fail(Code::kFailedPrecondition,
                format("{}, not {}; `argosy down --purge` deletes this cluster, --data is the way "
                       "to another one",
                       has, wanted));
  };
  if (options.members != 0 && options.members != plan.members.size()) {
    return differs(
        format("the cluster in {} has {}", options.data, counted(plan.members.size(), "member")),
        options.members);
  }
  const uint16_t port = plan.members.front().client_port;
  if (options.port != 0 && options.port != port) {
    return differs(format("the cluster in {} has its first port at {}", options.data, port),
                   options.port);
  }
  return {};
}

Result<void> start_supervisor(const Places& places, const std::string& etcd) {
  const Fd null = TRY(open_null());
  const Fd log = TRY(open_to_append(places.log_of("supervisor")));
  SpawnOptions spawning;
  spawning.program = TRY(own_program());
  spawning.arguments = {"argosy", "supervise", "--data", places.root, "--etcd", etcd};
  spawning.directory = "/";
  spawning.fds = {{null.get(), 0}, {log.get(), 1}, {log.get(), 2}};
  spawning.group = SpawnOptions::Group::kNewSession;
  Process supervisor = TRY(spawn(spawning));
  // It may end at once: another one was faster, or it cannot write its state.
  const auto ended = TRY(supervisor.wait(milliseconds(100)));
  if (ended && !ended->is_success()) {
    return fail(Code::kInternal,
                format("the supervisor did not start ({}):\n{}see {}", ended->text(),
                       last_lines(places.log_of("supervisor"), 5), places.log_of("supervisor")));
  }
  return {};
}

// Who keeps crashing will not become healthy by waiting.
std::optional<Error> hopeless(const Cluster& cluster) {
  constexpr uint64_t kHopeless = 3;
  for (const MemberState& member : cluster.state().members) {
    if (member.restarts < kHopeless && !member.given_up) continue;
    const std::string path = cluster.places().log_of(member.name);
    return Error(Code::kUnavailable,
                 format("member {} does not stay up ({}); the last lines of {}:\n{}", member.name,
                        member.last_exit, path, last_lines(path, 10)));
  }
  return std::nullopt;
}

Result<ClusterView> wait_until_healthy(const Options& options, Cluster& cluster, UvLoop& loop) {
  HealthCheck check(loop, *cluster.plan());
  const MonotonicTime end = real_clock().now() + options.wait;
  while (true) {
    auto health = check.ask(seconds(2));
    TRY(cluster.refresh());
    ClusterView view = cluster.view(std::move(health));
    if (is_healthy(view.health)) return view;
    if (auto error = hopeless(cluster)) return fail(*std::move(error));
    if (real_clock().now() >= end) {
      return fail(Code::kDeadlineExceeded,
                  format("not healthy after {}:\n{}the members' logs are in {}",
                         to_go_duration(options.wait), to_table(view), cluster.places().logs()));
    }
    TRY(wait_readable({}, milliseconds(100)));
  }
}

Result<void> start(const Options& options, Cluster& cluster, UvLoop& loop) {
  const std::string etcd = TRY(find_etcd(options));
  const ClusterPlan plan = TRY(prepare_plan(options, cluster, loop.network()));
  say(options,
      format("Starting {}, data in {}", counted(plan.members.size(), "member"), options.data));
  TRY(start_supervisor(cluster.places(), etcd));
  cluster = TRY(Cluster::open(options.data));
  return {};
}

}  // namespace

Result<int> up(const Options& options) {
  Cluster cluster = TRY(Cluster::open(options.data));
  if (cluster.plan()) TRY(check_same(options, *cluster.plan()));
  UvLoop loop;
  const bool runs_already = cluster.supervisor().has_value();
  if (runs_already) {
    say(options, format("It runs already, data in {}", options.data));
  } else {
    TRY(start(options, cluster, loop));
  }
  auto view = wait_until_healthy(options, cluster, loop);
  if (!view) {
    if (!runs_already) TRY(stop(cluster));
    return fail(view.error());
  }
  const std::string text =
      options.json ? json::to_pretty_text(to_json(*view)) + "\n" : "\n" + to_table(*view);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace argosy
