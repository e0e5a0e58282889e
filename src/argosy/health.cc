#include "argosy/health.h"

#include <algorithm>
#include <etcd/rpc.pb.h>

#include "io/grpc/channel.h"
#include "io/loop/uv_loop.h"
#include "sys/random/random.h"

namespace argosy {
namespace {

grpc::ChannelOptions options_for(const MemberPlan& member) {
  grpc::ChannelOptions options;
  options.targets = {{{"127.0.0.1", member.client_port, {}}, ""}};
  // A member that is just starting is asked again soon.
  options.backoff_first = milliseconds(50);
  options.backoff_last = milliseconds(200);
  return options;
}

Result<MemberHealth> decode(const Bytes& answer) {
  etcdserverpb::StatusResponse status;
  if (!status.ParseFromArray(answer.data(), static_cast<int>(answer.size()))) {
    return fail(Code::kDataLoss, "its status cannot be read");
  }
  MemberHealth health;
  health.id = status.header().member_id();
  health.leader = status.leader();
  health.term = status.raftterm();
  health.index = status.raftindex();
  health.applied = status.raftappliedindex();
  health.db_size = status.dbsize();
  health.db_size_in_use = status.dbsizeinuse();
  health.is_learner = status.islearner();
  health.version = status.version();
  health.alarms = {status.errors().begin(), status.errors().end()};
  return health;
}

}  // namespace

struct HealthCheck::Probe {
  Probe(UvLoop& loop, const MemberPlan& member)
      : channel(loop, loop.network(), real_random(), options_for(member)) {}

  Task<void> ask(MonotonicTime deadline) {
    grpc::CallOptions options;
    options.deadline = deadline;
    const auto answer = co_await result(
        channel.unary("/etcdserverpb.Maintenance/Status", Bytes(), std::move(options)));
    auto decoded = answer ? decode(*answer) : fail(answer.error());
    if (decoded) {
      health = *std::move(decoded);
    } else {
      health = {.error = decoded.error().message()};
    }
  }

  grpc::Channel channel;
  MemberHealth health;
};

bool is_healthy(const std::vector<MemberHealth>& members) {
  return !members.empty() && std::ranges::all_of(members, [&](const MemberHealth& member) {
    return member.answered() && member.leader != 0 && member.leader == members.front().leader;
  });
}

HealthCheck::HealthCheck(UvLoop& loop, const ClusterPlan& plan) : loop_(loop) {
  for (const MemberPlan& member : plan.members) {
    probes_.push_back(std::make_unique<Probe>(loop, member));
  }
}

HealthCheck::~HealthCheck() = default;

namespace {
Task<void> stop_when_done(UvLoop& loop, Scope& questions) {
  co_await questions.join();
  loop.stop();
}
}  // namespace

std::vector<MemberHealth> HealthCheck::ask(Duration limit) {
  Scope questions(loop_);
  const MonotonicTime deadline = real_clock().now() + limit;
  for (auto& probe : probes_) questions.spawn(probe->ask(deadline));
  if (questions.size() > 0) {
    Scope waiting(loop_);
    waiting.spawn(stop_when_done(loop_, questions));
    loop_.run();
  }
  std::vector<MemberHealth> answers;
  answers.reserve(probes_.size());
  for (const auto& probe : probes_) answers.push_back(probe->health);
  return answers;
}

}  // namespace argosy
