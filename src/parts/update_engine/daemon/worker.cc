#include "parts/update_engine/daemon/worker.h"

#include <algorithm>

#include "base/format.h"
#include "parts/update_engine/daemon/host.h"
#include "parts/update_engine/daemon/server.h"
#include "parts/update_engine/slots/run.h"
#include "parts/update_engine/status/good_root_exit.h"
#include "sys/file/disk.h"
#include "sys/log/log.h"
#include "sys/notify/notify.h"
#include "sys/process/proc.h"
#include "sys/random/random.h"

namespace argosy::update_engine {
namespace {

constexpr auto kGoodRootDelay = seconds(45);
// It waits for units, as long as their files say.
constexpr auto kGoodRootLimit = hours(2);
constexpr std::string_view kBusName = "com.coreos.update1";
constexpr std::string_view kObject = "/com/coreos/update1";
constexpr std::string_view kInterface = "com.coreos.update1.Manager";
constexpr std::string_view kStatusSignature = "xdssx";

// Without a network: tries after the first.
constexpr int kInteractiveRetries = 1;
constexpr int kScheduledRetries = 3;
constexpr auto kRetryPause = seconds(10);

KeptValues read_kept(const Store& store) {
  KeptValues values;
  for (const std::string_view key : kept_keys()) {
    if (auto value = store.read(key)) values.emplace(key, *std::move(value));
  }
  return values;
}

systemd::Values values_of(const Report& report) {
  using systemd::Value;
  return {Value(report.last_checked_time), Value(report.progress), Value(name_of(report.status)),
          Value(report.new_version), Value(report.new_size)};
}

// The image's own, or ours beside this program.
std::string good_root_program(Family family) {
  const std::string_view name = family == Family::kFlatcar ? "flatcar" : "coreos";
  std::string image_program = format("/usr/sbin/{}-setgoodroot", name);
  const auto own = own_program();
  if (exists(real_disk(), image_program) || !own) return image_program;
  return join_path(parent_path(*own), "update_engine-setgoodroot");
}

LogLevel log_level(Level level) {
  switch (level) {
    case Level::kInfo:
      return LogLevel::kInfo;
    case Level::kWarning:
      return LogLevel::kWarn;
    case Level::kError:
      return LogLevel::kError;
  }
  return LogLevel::kInfo;
}

}  // namespace

Worker::Worker(UvLoop& loop, Options options, Store store)
    : loop_(loop),
      options_(std::move(options)),
      store_(std::move(store)),
      attempter_(situation(), read_kept(store_),
                 exists(real_disk(), options_.path(kUpdateCompletedMarker))),
      installer_(loop, real_disk(), store_, surroundings()),
      check_timer_(loop, [this] { perform(attempter_.on_timer(situation(), now())); }),
      good_root_timer_(loop, [this] { perform(attempter_.on_good_root_due()); }),
      scope_(loop, [](const Error& error) { log_error("a task ended", {{"error", error}}); }) {}

Situation Worker::situation() const {
  return read_situation(real_disk(), options_);
}

Now Worker::now() {
  return {loop_.wall_now(), loop_.now(), real_random().next()};
}

void Worker::start() {
  scope_.spawn(serve());
}

// -- The bus.

Task<void> Worker::serve() {
  auto bus = co_await result(systemd::Bus::connect(loop_));
  if (!bus) log_fatal("Failed to get bus: " + bus.error().text());
  bus_ = *std::move(bus);
  bus_->on_lost([](const Error& error) { log_fatal("The bus is lost: " + error.text()); });
  const auto exported = co_await result(bus_->export_object(std::string(kObject), interface()));
  if (!exported) log_fatal("Failed to export the object: " + exported.error().text());
  const auto named = co_await result(bus_->request_name(std::string(kBusName)));
  if (!named) log_fatal("Failed to get name: " + named.error().text());
  (void)notify_service_manager("READY=1");
  good_root_timer_.arm_after(options_.shortened(kGoodRootDelay));
  perform(attempter_.start(now()));
}

systemd::Interface Worker::interface() {
  using systemd::Values;
  systemd::Interface interface;
  interface.name = kInterface;
  interface.methods = {{"AttemptUpdate", "", "",
                        [this](Values arguments) { return attempt_update(std::move(arguments)); }},
                       {"ResetStatus", "", "",
                        [this](Values arguments) { return reset_status(std::move(arguments)); }},
                       {"GetStatus", "", std::string(kStatusSignature),
                        [this](Values arguments) { return get_status(std::move(arguments)); }}};
  interface.signals = {{"StatusUpdate", std::string(kStatusSignature)}};
  return interface;
}

Task<systemd::Values> Worker::attempt_update(systemd::Values) {
  log_info("Attempting interactive update");
  perform(attempter_.on_attempt_asked(situation(), now()));
  co_return systemd::Values{};
}

Task<systemd::Values> Worker::reset_status(systemd::Values) {
  auto actions = attempter_.on_reset_asked();
  if (!actions) {
    log_error("Reset not allowed in this state.");
    co_await failure(Code::kFailedPrecondition, "Reset not allowed in this state.");
  }
  perform(*std::move(actions));
  co_return systemd::Values{};
}

Task<systemd::Values> Worker::get_status(systemd::Values) {
  co_return values_of(attempter_.report());
}

Task<void> Worker::emit_status() {
  if (!bus_) co_return;
  const auto emitted = co_await result(bus_->emit(std::string(kObject), std::string(kInterface),
                                                  "StatusUpdate", values_of(attempter_.report())));
  if (!emitted) log_warn("A status update was not sent", {{"error", emitted.error()}});
}

// -- What the attempter wants.

void Worker::perform(const Actions& actions) {
  for (const Action& action : actions) perform_one(action);
}

void Worker::perform_one(const Action& action) {
  using Kind = Action::Kind;
  switch (action.kind) {
    case Kind::kLog:
      return log_line(log_level(action.level), action.text, {}, std::source_location::current());
    case Kind::kKeep:
    case Kind::kForget:
      return keep(action);
    case Kind::kMark:
      return mark(true);
    case Kind::kUnmark:
      return mark(false);
    case Kind::kEmitStatus:
      return scope_.spawn(emit_status());
    case Kind::kMarkGood:
      return scope_.spawn(mark_good());
    case Kind::kCheck:
    case Kind::kReport:
    case Kind::kPing:
      return scope_.spawn(post(action));
    case Kind::kInstall:
      return scope_.spawn(install(action.plan));
    case Kind::kWait:
      return check_timer_.arm_after(options_.shortened(action.wait));
  }
}

void Worker::keep(const Action& action) {
  const auto kept = action.kind == Action::Kind::kKeep ? store_.write(action.key, action.text)
                                                       : store_.remove(action.key);
  if (!kept) log_error("a preference is not kept", {{"key", action.key}, {"error", kept.error()}});
}

void Worker::mark(bool is_marked) {
  const std::string path = options_.path(kUpdateCompletedMarker);
  auto marked = is_marked ? real_disk().make_directories(parent_path(path), 0755) : Result<void>();
  if (marked && is_marked) marked = replace_file(real_disk(), path, "", 0600);
  if (!is_marked && exists(real_disk(), path)) marked = real_disk().remove(path);
  if (!marked) log_error("the marker is not as it should be", {{"error", marked.error()}});
}

Task<void> Worker::post(Action action) {
  Question question{.url = attempter_.situation().config.server, .body = action.text};
  question.pause = options_.shortened(kRetryPause);
  if (action.kind == Action::Kind::kCheck) {
    question.retries = attempter_.is_interactive() ? kInteractiveRetries : kScheduledRetries;
  }
  const Answer answer = co_await ask_server(loop_, std::move(question));
  if (action.kind == Action::Kind::kCheck) {
    perform(attempter_.on_answer(answer, now()));
  } else if (action.kind == Action::Kind::kReport) {
    perform(attempter_.on_event_answered(answer, now()));
  } else {
    perform(attempter_.on_ping_answered(answer));
  }
}

Task<void> Worker::mark_good() {
  RunOptions run;
  run.program = options_.set_good_root;
  if (run.program.empty()) run.program = good_root_program(attempter_.situation().family);
  run.arguments = {run.program};
  run.limit = kGoodRootLimit;
  run.on_line = [](std::string_view line) { log_info(std::string(line)); };
  const auto ended = co_await result(
      on_worker<ExitStatus>(loop_, [run = std::move(run)] { return run_program(run); }));
  GoodRoot outcome = GoodRoot::kDone;
  if (!ended) {
    log_error("what runs is not marked as good", {{"error", ended.error()}});
    outcome = GoodRoot::kFailed;
  } else if (!ended->is_success()) {
    log_error("what runs is not marked as good: " + ended->text());
    outcome = ended->number == kExitFallsBack ? GoodRoot::kUnhealthy : GoodRoot::kFailed;
  }
  perform(attempter_.on_good_root(outcome, now()));
}

Surroundings Worker::surroundings() const {
  const Config& config = attempter_.situation().config;
  Surroundings all;
  all.slots.active = options_.usr_device;
  all.slots.other = options_.other_usr_device;
  all.slots.rootdev = options_.rootdev;
  if (options_.root != "/") {
    const bool is_flatcar = attempter_.situation().family == Family::kFlatcar;
    all.slots.kernel_directory = options_.path(is_flatcar ? "/boot/flatcar" : "/boot/coreos");
  }
  all.slots.state_directory = options_.path("/var/lib/update_engine");
  all.public_key = options_.path(kPayloadKey);
  all.pcr_policy_server = config.pcr_policy_server;
  all.download_user = config.download_user;
  all.download_password = config.download_password;
  all.limits = download_limits();
  all.limits.retry_delay = options_.shortened(all.limits.retry_delay);
  // Whole seconds, and none is no limit.
  all.limits.slow_time = std::max<Duration>(seconds(1), options_.shortened(all.limits.slow_time));
  all.postinst_limit = options_.shortened(all.postinst_limit);
  all.temporary_directory = options_.temporary_directory;
  return all;
}

Task<void> Worker::install(InstallPlan plan) {
  installer_.set_surroundings(surroundings());
  Job job;
  job.url = plan.url;
  job.size = static_cast<uint64_t>(plan.size);
  job.payload_hash = plan.sha256;
  job.is_delta = plan.is_delta;
  Callbacks callbacks;
  callbacks.on_phase = [this](update_engine::Phase phase) {
    if (phase == update_engine::Phase::kDownloaded) perform(attempter_.on_downloaded(now()));
  };
  callbacks.on_progress = [this](uint64_t done, uint64_t total) {
    perform(attempter_.on_progress(done, total, now()));
  };
  callbacks.on_received = [this](uint64_t bytes) { perform(attempter_.on_received(bytes)); };
  const Outcome outcome = co_await installer_.run(std::move(job), std::move(callbacks));
  if (outcome.code != ErrorCode::kSuccess) {
    log_error(format("{}: {}", name_of(outcome.code), outcome.text));
  }
  perform(
      attempter_.on_install_ended({.code = outcome.code, .is_resumed = outcome.is_resumed}, now()));
}

}  // namespace argosy::update_engine
