#include "parts/locksmith/hooks/hooks.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "io/task/wait.h"
#include "sys/file/disk.h"
#include "sys/process/process.h"

namespace argosy::locksmith {
namespace {

constexpr size_t kMaxOutput = 1 << 20;

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_executable(Disk& disk, const std::string& path) {
  const auto info = disk.stat(path);
  return info && !info->is_directory() && (info->mode & 0111) != 0;
}

struct Outcome {
  std::string output;
  Result<void> result;
};

// Reads what there is; false at the end.
bool drain(int fd, std::string& output) {
  char buffer[4096];
  while (true) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    const size_t room = kMaxOutput - std::min(kMaxOutput, output.size());
    output.append(buffer, std::min(room, static_cast<size_t>(got)));
  }
}

// Until the process has ended or the time is over.
Result<bool> wait_for_end(Process& process, int fd, Duration limit, std::string& output) {
  const auto until = std::chrono::steady_clock::now() + limit;
  bool is_open = true;
  while (true) {
    const Duration left = until - std::chrono::steady_clock::now();
    if (left <= Duration(0)) return false;
    std::vector<int> fds{process.pidfd()};
    if (is_open) fds.push_back(fd);
    TRY(wait_readable(fds, left));
    if (is_open) is_open = drain(fd, output);
    if (TRY(process.wait())) return true;
  }
}

SpawnOptions options_for(const std::string& script, const HookPlan& plan, int null, int output) {
  SpawnOptions options;
  options.program = script;
  options.arguments = {script};
  options.environment.emplace();
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    options.environment->emplace_back(*entry);
  }
  for (const std::string& more : plan.environment) options.environment->push_back(more);
  options.fds = {{null, 0}, {output, 1}, {output, 2}};
  options.group = SpawnOptions::Group::kNewSession;
  // The thread that starts it lives until the program ends.
  options.parent_death_signal = SIGKILL;
  return options;
}

Result<void> run_script(const std::string& script, const HookPlan& plan, std::string& output) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return fail(system_error("pipe", errno));
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  const Fd null = TRY(open_null());
  // The script's end blocks, as scripts expect.
  ::fcntl(writing.get(), F_SETFL, 0);
  Process process = TRY(spawn(options_for(script, plan, null.get(), writing.get())));
  writing.close();
  const bool ended = TRY(wait_for_end(process, reading.get(), plan.limit, output));
  if (!ended) {
    ::kill(-process.pid(), SIGKILL);
    TRY(process.wait(seconds(5)));
    return fail(Code::kDeadlineExceeded,
                format("still running after {}", to_go_duration(plan.limit)));
  }
  drain(reading.get(), output);
  const auto status = TRY(process.wait());
  if (!status || status->is_success()) return {};
  return fail(Code::kFailedPrecondition, status->text());
}

Task<Outcome> run_one(Loop* loop, std::string script, HookPlan plan) {
  co_return co_await on_worker<Outcome>(
      *loop, [script = std::move(script), plan = std::move(plan)]() -> Result<Outcome> {
        Outcome outcome;
        outcome.result = run_script(script, plan, outcome.output);
        return outcome;
      });
}

}  // namespace

std::vector<std::string> find_hooks(Disk& disk, const std::string& root, std::string_view kind) {
  std::map<std::string, std::string> by_name;
  for (const char* place : {"usr/lib/locksmith", "etc/locksmith"}) {
    const std::string folder = join_path(join_path(root, place), format("{}.d", kind));
    const auto names = disk.list(folder);
    if (!names) continue;
    for (const std::string& name : *names) {
      const bool is_left_over = name.starts_with('.') || name.ends_with('~');
      if (!is_left_over) by_name[name] = join_path(folder, name);
    }
  }
  std::vector<std::string> scripts;
  for (const auto& [name, path] : by_name) {
    if (is_executable(disk, path)) scripts.push_back(path);
  }
  return scripts;
}

Task<void> run_hooks(Loop& loop, HookPlan plan, PrintHook print) {
  for (const std::string& script : plan.scripts) {
    const std::string name = name_of(script);
    Outcome outcome = co_await run_one(&loop, script, plan);
    for (const std::string_view line : split(trim(outcome.output), '\n')) {
      if (!line.empty()) print(name, line);
    }
    if (!outcome.result) co_await failure(std::move(outcome.result).error().context(name));
  }
}

}  // namespace argosy::locksmith
