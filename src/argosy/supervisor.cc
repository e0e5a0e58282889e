#include "argosy/supervisor.h"

#include <cstdio>
#include <unistd.h>

#include "argosy/plan.h"
#include "argosy/restarts.h"
#include "argosy/state.h"
#include "base/format.h"
#include "sys/clock/clock.h"
#include "sys/process/proc.h"
#include "sys/process/signals.h"

namespace argosy {
namespace {

// After SIGTERM a member hands over its leadership. The next one is stopped after so
// long at the latest, and all are killed that still run at the end.
constexpr Duration kHandOverLimit = seconds(3);
constexpr Duration kStopLimit = seconds(20);
constexpr uint64_t kLogLimit = 64 << 20;

struct Kept {
  MemberPlan plan;
  MemberState state;
  std::optional<Process> process;
  MonotonicTime started{};
  std::optional<MonotonicTime> start_at;
  Restarts restarts;
};

// Ours, without the variables that would compete with the flags.
std::vector<std::string> member_environment() {
  std::vector<std::string> variables;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("ETCD_")) variables.emplace_back(*entry);
  }
  return variables;
}

class Supervisor {
 public:
  Supervisor(Places places, std::string program, ClusterPlan plan, SignalQueue signals)
      : places_(std::move(places)),
        program_(std::move(program)),
        plan_(std::move(plan)),
        signals_(std::move(signals)) {}

  Result<void> run() {
    const State earlier = TRY(load_state(real_disk(), places_.state()));
    TRY(take_over(earlier));
    while (!stopping_) {
      TRY(start_due());
      TRY(wait());
    }
    return stop_all();
  }

 private:
  // Members that run already keep running; the others are due at once.
  Result<void> take_over(const State& earlier) {
    const MonotonicTime now = real_clock().now();
    for (const MemberPlan& plan : plan_.members) {
      Kept kept{plan, {.name = plan.name}, {}, now, now, {}};
      if (const MemberState* before = earlier.find(plan.name)) {
        kept.process = find_running(before->process);
        if (kept.process) {
          kept.state = *before;
          kept.start_at.reset();
          say(format("{} runs already as process {}", plan.name, before->process.pid));
        }
      }
      kept_.push_back(std::move(kept));
    }
    return save();
  }

  Result<void> start_due() {
    const MonotonicTime now = real_clock().now();
    for (Kept& kept : kept_) {
      if (!kept.start_at || *kept.start_at > now) continue;
      kept.start_at.reset();
      if (const auto started = start(kept); !started) {
        say(started.error().text());
        kept.state.last_exit = started.error().text();
        ++kept.state.restarts;
        kept.start_at = now + kept.restarts.after(Duration(0));
      }
      TRY(save());
    }
    return {};
  }

  Result<void> start(Kept& kept) {
    const std::string log_path = places_.log_of(kept.plan.name);
    const auto info = real_disk().stat(log_path);
    if (info && info->size > kLogLimit) {
      TRY(real_disk().rename(log_path, log_path + ".old"));
    }
    const Fd log = TRY(open_to_append(log_path));
    const Fd null = TRY(open_null());
    SpawnOptions options;
    options.program = program_;
    options.arguments = etcd_arguments(plan_, kept.plan, places_.data_of(kept.plan.name));
    options.environment = member_environment();
    options.fds = {{null.get(), 0}, {log.get(), 1}, {log.get(), 2}};
    options.group = SpawnOptions::Group::kNew;
    kept.process = TRY(spawn(options));
    kept.started = real_clock().now();
    kept.state.process = kept.process->identity();
    say(format("{} started as process {}", kept.plan.name, kept.process->pid()));
    return {};
  }

  Result<void> wait() {
    std::optional<Duration> limit;
    std::vector<int> fds{signals_.fd()};
    for (const Kept& kept : kept_) {
      if (kept.process) fds.push_back(kept.process->pidfd());
      if (!kept.start_at) continue;
      const Duration left = *kept.start_at - real_clock().now();
      limit = limit ? std::min(*limit, left) : left;
    }
    TRY(wait_readable(fds, limit));
    while (const auto number = signals_.take()) {
      if (*number != SIGHUP) stopping_ = true;
    }
    return look_after();
  }

  // Notes who has ended and when to start them again.
  Result<void> look_after() {
    for (Kept& kept : kept_) {
      if (!kept.process) continue;
      const auto status = TRY(kept.process->wait());
      if (!status) continue;
      const MonotonicTime now = real_clock().now();
      kept.process.reset();
      kept.state.process = {};
      kept.state.last_exit = status->text();
      kept.state.given_up = status->is_success();
      if (!kept.state.given_up) {
        const Duration pause = kept.restarts.after(now - kept.started);
        kept.start_at = now + pause;
        ++kept.state.restarts;
        say(format("{}: {}; starting again in {}", kept.plan.name, status->text(),
                   to_go_duration(pause)));
      } else {
        say(format("{} has left: {}", kept.plan.name, status->text()));
      }
      TRY(save());
    }
    return {};
  }

  // One after the other, so that who leads finds somebody to hand over to.
  Result<void> stop_all() {
    say("stopping");
    const MonotonicTime end = real_clock().now() + kStopLimit;
    for (Kept& kept : kept_) {
      kept.start_at.reset();
      if (!kept.process) continue;
      (void)kept.process->signal(SIGTERM);
      TRY(kept.process->wait(kHandOverLimit));
    }
    for (Kept& kept : kept_) {
      if (!kept.process) continue;
      auto status = TRY(kept.process->wait(end - real_clock().now()));
      if (!status) {
        say(format("{} does not end; killing it", kept.plan.name));
        (void)kept.process->signal(SIGKILL);
        status = TRY(kept.process->wait(seconds(10)));
      }
      kept.state.last_exit = status ? status->text() : "does not end";
      kept.state.process = {};
    }
    say("stopped");
    self_ = {};
    return save();
  }

  Result<void> save() {
    State state{boot_id(), self_, {}};
    for (const Kept& kept : kept_) state.members.push_back(kept.state);
    return save_state(real_disk(), places_.state(), state);
  }

  static void say(const std::string& line) {
    std::printf("%s %s\n", to_rfc3339(real_clock().wall_now(), 3).c_str(), line.c_str());
    std::fflush(stdout);
  }

  Places places_;
  std::string program_;
  ClusterPlan plan_;
  SignalQueue signals_;
  ProcessIdentity self_ = identify(::getpid()).value_or(ProcessIdentity{});
  std::vector<Kept> kept_;
  bool stopping_ = false;
};

}  // namespace

Result<void> supervise(const std::string& data, const std::string& etcd_program) {
  const Places places(data);
  auto signals = TRY(SignalQueue::make({SIGTERM, SIGINT, SIGHUP}));
  const auto lock = TRY(real_disk().open(places.lock(), {.create = true}));
  if (!TRY(lock->try_lock())) {
    return fail(Code::kAlreadyExists, format("another supervisor serves {}", data));
  }
  const Bytes text = TRY(read_file(real_disk(), places.plan()));
  ClusterPlan plan = TRY_CONTEXT(plan_from_json(text), places.plan());
  return Supervisor(places, etcd_program, std::move(plan), std::move(signals)).run();
}

}  // namespace argosy
