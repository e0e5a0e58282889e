#include <poll.h>

#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/ctl/command.h"
#include "parts/rkt/ctl/pod_report.h"
#include "parts/rkt/ctl/texts.h"

namespace argosy::rkt {
namespace {

constexpr int kPollMilliseconds = 100;

// A boolean, or a time to wait at most; nothing: do not wait.
Result<std::optional<Duration>> parse_wait(std::string_view text) {
  if (text == "true" || text == "1") return Duration::max();
  if (text == "false" || text == "0") return std::nullopt;
  const auto limit = parse_go_duration(text);
  if (limit && *limit > Duration(0)) return *limit;
  return fail(Code::kInvalidArgument, format("{} is no boolean and no duration", go_quote(text)));
}

bool is_ready(const Pod& pod) {
  if (pod.state() != State::kRunning) return false;
  const auto text = pod.read("stage1/rootfs/rkt/supervisor-status");
  return text && trim(*text) == "ready";
}

// DeadlineExceeded when `is_over` was not true in time.
template <typename Predicate>
Result<Pod> wait_for(const Pods& pods, const std::string& uuid, Duration limit, Predicate is_over) {
  const MonotonicTime start = real_clock().now();
  while (true) {
    Pod pod = TRY(pods.open(uuid));
    if (is_over(pod)) return pod;
    if (real_clock().now() - start >= limit) {
      return fail(Code::kDeadlineExceeded, "timed out waiting");
    }
    (void)::poll(nullptr, 0, kPollMilliseconds);
  }
}

std::string text_of(const PodReport& report) {
  std::string out = format("state={}\n", name_of(report.state));
  if (report.created) out += format("created={}\n", absolute_time(*report.created));
  if (report.started) out += format("started={}\n", absolute_time(*report.started));
  const bool is_running = report.state == State::kRunning;
  const bool has_ended = has_exited(report.state) || report.state == State::kDeleting;
  if (is_running || has_exited(report.state)) {
    out += format("networks={}\n", networks_text(report.networks));
  }
  if (!is_running && !has_ended) return out;
  if (report.pid) out += format("pid={}\n", *report.pid);
  out += format("exited={}\n", has_ended);
  if (is_running) return out;
  for (const AppReport& app : report.apps) {
    // An app that never came so far has no code.
    if (app.status.exit_code) {
      out += format("app-{}={}\n", app.status.name, *app.status.exit_code);
    }
  }
  return out;
}

Result<Pod> awaited(const Pods& pods, Pod pod, const Options& options) {
  if (const auto limit = TRY(parse_wait(options.wait))) {
    pod = TRY(wait_for(pods, pod.uuid(), *limit, [](const Pod& now) {
      return has_exited(now.state()) || now.place() == Place::kGarbage ||
             now.state() == State::kAbortedPrepare;
    }));
  }
  if (const auto limit = TRY(parse_wait(options.wait_ready))) {
    pod = TRY(wait_for(pods, pod.uuid(), *limit,
                       [](const Pod& now) { return is_ready(now) || has_exited(now.state()); }));
    if (!is_ready(pod)) return fail(Code::kFailedPrecondition, "the pod has exited");
  }
  return pod;
}

}  // namespace

int status_command(Context& context, const Words& words) {
  const Options& options = context.options;
  if (words.empty() == options.uuid_file.empty()) {
    context.complain("give a UUID, or --uuid-file");
    return kFailure;
  }
  std::string uuid = words.empty() ? "" : words[0];
  if (words.empty()) {
    const auto text = read_file(real_disk(), options.uuid_file, 4096);
    if (!text) {
      // Here the original's code is 1.
      context.complain("unable to resolve UUID from file", text.error());
      return 1;
    }
    uuid = trim(*text);
  }
  const auto pods = context.pods();
  if (!pods) return context.failure("cannot open pods", pods.error());
  auto pod = (*pods)->find(uuid);
  if (!pod) return context.failure("problem retrieving pod", pod.error());
  const auto last = awaited(**pods, std::move(*pod), options);
  if (!last) return context.failure("error waiting for pod", last.error());
  const auto report = report_of(*last);
  if (!report) return context.failure("unable to print status", report.error());
  if (options.format.empty()) {
    print_text(text_of(*report));
    return 0;
  }
  if (options.format != "json" && options.format != "json-pretty") {
    context.complain(format("unknown format {}", go_quote(options.format)));
    return kFailure;
  }
  print_json(to_json(*report), options.format == "json-pretty");
  return 0;
}

}  // namespace argosy::rkt
