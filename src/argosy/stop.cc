#include "argosy/stop.h"

#include "sys/clock/clock.h"

namespace argosy {
namespace {

// More than the supervisor gives its members.
constexpr Duration kSupervisorLimit = seconds(40);
constexpr Duration kMemberLimit = seconds(15);

// True if it had to be killed.
Result<bool> end(Process& process, Duration limit) {
  (void)process.signal(SIGTERM);
  if (TRY(process.wait(limit))) return false;
  (void)process.signal(SIGKILL);
  if (!TRY(process.wait(seconds(10)))) {
    return fail(Code::kDeadlineExceeded,
                "process " + std::to_string(process.pid()) + " does not end");
  }
  return true;
}

}  // namespace

Result<Stopped> stop(Cluster& cluster) {
  Stopped stopped;
  std::vector<Process> before = cluster.members();
  stopped.members = before.size();
  if (auto supervisor = cluster.supervisor()) {
    TRY(end(*supervisor, kSupervisorLimit));
    TRY(cluster.refresh());
  }
  // Whom nobody looked after, and whom a supervisor that was killed has left.
  std::vector<Process> left = cluster.members();
  for (Process& member : left) (void)member.signal(SIGTERM);
  const MonotonicTime limit = real_clock().now() + kMemberLimit;
  for (Process& member : left) {
    if (TRY(end(member, limit - real_clock().now()))) ++stopped.killed;
  }
  return stopped;
}

}  // namespace argosy
