#include "parts/update_engine/install/install.h"

#include "base/format.h"
#include "io/task/wait.h"
#include "parts/update_engine/install/work.h"
#include "sys/log/log.h"

namespace argosy::update_engine {
namespace {

using Work = Installer::Work;
using WorkPtr = std::shared_ptr<Work>;
using Step = Result<void> (*)(Work&);

// While a resumed update's metadata is fetched again, what follows it is not wanted.
constexpr size_t kReadAheadForMetadata = 64 << 10;

// Nobody works on it any more, and nobody will.
void end(Work& work) {
  work.stop.request_stop();
  const std::scoped_lock lock(work.applying, work.committing);
}

Task<void> on_thread(Loop& loop, WorkPtr work, std::move_only_function<Result<void>(Work&)> step) {
  co_await on_worker<void>(loop, [work, step = std::move(step)]() mutable -> Result<void> {
    const std::scoped_lock lock(work->applying);
    if (work->stop.stop_requested()) return fail(Code::kCancelled, "stopped");
    return step(*work);
  });
}

// One at a time, beside what is being applied.
void commit_beside(Loop& loop, const WorkPtr& work) {
  if (work->is_committing.exchange(true)) return;
  auto checkpoint = work->application->checkpoint();
  if (!checkpoint) {
    work->is_committing = false;
    return;
  }
  loop.run_on_worker(
      [work, checkpoint = *std::move(checkpoint)] {
        const std::scoped_lock lock(work->committing);
        if (!work->stop.stop_requested()) commit(*work, checkpoint);
        work->is_committing = false;
      },
      [] {});
}

Task<void> wait_for_commit(Loop& loop, WorkPtr work) {
  co_await on_worker<void>(loop, [work]() -> Result<void> {
    while (work->is_committing) const std::scoped_lock lock(work->committing);
    return {};
  });
}

// -- The download

fetch::Request request_for(const Work& work, uint64_t from) {
  const bool is_path = work.job.url.starts_with('/');
  fetch::Request request{
      .url = is_path ? fetch::file_url(work.job.url) : work.job.url,
      .user = work.machine.download_user,
      .password = work.machine.download_password,
      .from = from,
      .allows_file = work.job.allows_file,
      .limits = work.machine.limits,
      .tls = work.machine.tls,
  };
  if (work.job.size > from) request.limits.max_bytes = work.job.size - from;
  return request;
}

Task<void> refuse_transfer(Work& work, fetch::Failure why, Error error) {
  work.outcome.code = why == fetch::Failure::kTooLarge ? ErrorCode::kPayloadSizeMismatch
                                                       : ErrorCode::kDownloadTransferError;
  work.outcome.text = error.text();
  co_await failure(std::move(error));
}

struct Pace {
  MonotonicTime last_commit;
};

// From the applier's position until the body's end, or until the position jumps.
Task<void> transfer_from(Loop& loop, WorkPtr work, const Callbacks& callbacks, Pace& pace,
                         bool is_metadata_only) {
  uint64_t position = work->application->position();
  fetch::Request request = request_for(*work, position);
  if (is_metadata_only) request.limits.buffered_bytes = kReadAheadForMetadata;
  fetch::Transfer transfer(loop, std::move(request));
  while (true) {
    Result<std::optional<Bytes>> piece = co_await result(transfer.read());
    if (!piece) {
      co_await refuse_transfer(*work, transfer.failure(), piece.error());
    }
    if (!*piece) co_return;
    const uint64_t size = (*piece)->size();
    if (callbacks.on_received) callbacks.on_received(size);
    position += size;
    co_await on_thread(loop, work,
                       [bytes = **std::move(piece)](Work& to) { return apply_piece(to, bytes); });
    if (callbacks.on_progress) {
      callbacks.on_progress(work->application->position(), work->job.size);
    }
    if (work->application->position() > position) co_return;
    if (loop.now() - pace.last_commit >= work->machine.checkpoint_interval) {
      pace.last_commit = loop.now();
      commit_beside(loop, work);
    }
  }
}

Task<void> download(Loop& loop, WorkPtr work, const Callbacks& callbacks) {
  Pace pace{loop.now()};
  bool is_metadata_only = work->outcome.is_resumed;
  while (true) {
    const uint64_t before = work->application->position();
    if (work->job.size > 0 && before >= work->job.size) break;
    co_await transfer_from(loop, work, callbacks, pace, is_metadata_only);
    // Once, where a resumed update goes on.
    if (!std::exchange(is_metadata_only, false)) break;
  }
  co_await on_thread(loop, work, verify_payload);
}

// -- The PCR policy

Task<void> post_pcr_policy(Loop& loop, WorkPtr work) {
  if (!work->application->has_pcr_policy() || work->machine.pcr_policy_server.empty()) co_return;
  Result<Bytes> policy = co_await result(on_worker<Bytes>(loop, [work]() -> Result<Bytes> {
    return read_file(work->disk, work->slots.pcr_policy, uint64_t{64} << 20);
  }));
  if (!policy) {
    work->outcome = {ErrorCode::kNewPcrPolicyVerification, policy.error().text(),
                     work->outcome.is_resumed};
    co_await failure(policy.error());
  }
  fetch::Request request{.url = work->machine.pcr_policy_server,
                         .method = "POST",
                         .fields = {{"Content-Type", "application/octet-stream"}},
                         .body = *std::move(policy),
                         .tls = work->machine.tls};
  Result<fetch::Response> response = co_await result(fetch::fetch(loop, std::move(request)));
  if (response) co_return;
  work->outcome = {ErrorCode::kNewPcrPolicyHttp, response.error().text(), work->outcome.is_resumed};
  co_await failure(response.error());
}

void tell(const Callbacks& callbacks, Phase phase) {
  if (callbacks.on_phase) callbacks.on_phase(phase);
}

Task<void> install(Loop& loop, WorkPtr work, const Callbacks& callbacks) {
  co_await on_thread(loop, work, prepare);
  tell(callbacks, Phase::kDownloading);
  co_await download(loop, work, callbacks);
  tell(callbacks, Phase::kDownloaded);
  tell(callbacks, Phase::kFinalizing);
  co_await on_thread(loop, work, verify_slot);
  co_await post_pcr_policy(loop, work);
  co_await on_thread(loop, work, make_bootable);
}

// A work that its run has left is told so.
class Left {
 public:
  explicit Left(WorkPtr work) : work_(std::move(work)) {}
  ~Left() { work_->stop.request_stop(); }
  Left(const Left&) = delete;
  Left& operator=(const Left&) = delete;

 private:
  WorkPtr work_;
};

}  // namespace

fetch::Limits download_limits() {
  fetch::Limits limits;
  limits.retries = 20;
  limits.retry_delay = seconds(20);
  return limits;
}

Installer::Installer(Loop& loop, Disk& disk, Store& store, Surroundings surroundings)
    : loop_(loop), disk_(disk), store_(store), surroundings_(std::move(surroundings)) {}

Installer::~Installer() {
  if (last_) end(*last_);
}

Task<Outcome> Installer::run(Job job, Callbacks callbacks) {
  if (last_) {
    co_await on_worker<void>(loop_, [last = last_]() -> Result<void> {
      end(*last);
      return {};
    });
  }
  auto work = std::make_shared<Work>(disk_, store_, surroundings_, std::move(job));
  last_ = work;
  const Left left(work);
  Result<void> done = co_await result(install(loop_, work, callbacks));
  co_await wait_for_commit(loop_, work);
  Outcome& outcome = work->outcome;
  if (!done && outcome.code == ErrorCode::kSuccess) {
    outcome.code = ErrorCode::kError;
    outcome.text = done.error().text();
  }
  Result<void> concluded = co_await result(on_thread(loop_, work, conclude));
  if (!concluded) {
    log_error("the preferences can't be written", {{"error", concluded.error()}});
  }
  work->application.reset();
  co_return outcome;
}

}  // namespace argosy::update_engine
