#include "io/loop/uv_loop.h"
#include "parts/locksmith/daemon/reboot_lock.h"
#include "sys/log/log.h"
#include "sys/random/random.h"

namespace argosy::locksmith {
namespace {

using How = LockOutcome::How;

class EtcdLock final : public RebootLock {
 public:
  EtcdLock(UvLoop& loop, const Config& config, std::string id, OnStale on_stale)
      : loop_(loop), config_(config), id_(std::move(id)), on_stale_(std::move(on_stale)) {}

  Task<LockOutcome> take() override {
    auto opened = co_await result(open());
    if (!opened) co_return LockOutcome{How::kFailed, opened.error().text()};
    auto locked = co_await result(store_->lock_again(id_));
    if (!locked && locked.error().code() == Code::kResourceExhausted) {
      const auto freed = co_await result(look_for_stale());
      if (!freed) log_warn("cannot look for stale locks", {{"error", freed.error()}});
      if (freed && *freed) locked = co_await result(store_->lock_again(id_));
    }
    co_return outcome_of(locked, Code::kAlreadyExists);
  }

  Task<LockOutcome> release() override {
    auto opened = co_await result(open());
    if (!opened) co_return LockOutcome{How::kNoClient, opened.error().text()};
    co_return outcome_of(co_await result(store_->unlock(id_)), Code::kNotFound);
  }

 private:
  Task<void> open() {
    if (store_) co_return;
    if (id_.empty()) co_await failure(Code::kNotFound, "Cannot read machine-id");
    auto store =
        co_await result(LockStore::open(loop_, loop_.network(), real_random(), config_.store));
    if (!store) {
      co_await failure(std::move(store).error().context("Error initializing etcd client"));
    }
    store_ = *std::move(store);
  }

  static LockOutcome outcome_of(const Result<void>& done, Code already) {
    if (done) return {};
    if (done.error().code() == already) return {How::kAlready};
    return {How::kFailed, done.error().text()};
  }

  // Whether a place is free now.
  Task<bool> look_for_stale() {
    if (config_.stale_policy == StalePolicy::kOff) co_return false;
    const auto notes = co_await store_->holder_notes();
    const auto stale = stale_holders(notes, loop_.wall_now(), config_.stale_after, id_);
    on_stale_(stale);
    if (config_.stale_policy != StalePolicy::kRelease) co_return false;
    for (const HolderNote& note : stale) {
      co_await store_->unlock(note.machine);
      log_warn("released a stale lock",
               {{"machine", note.machine},
                {"since", to_rfc3339(WallTime(seconds(note.since_unix_seconds)))}});
    }
    co_return !stale.empty();
  }

  UvLoop& loop_;
  const Config& config_;
  std::string id_;
  OnStale on_stale_;
  std::unique_ptr<LockStore> store_;
};

}  // namespace

std::unique_ptr<RebootLock> make_etcd_lock(UvLoop& loop, const Config& config, std::string id,
                                           OnStale on_stale) {
  return std::make_unique<EtcdLock>(loop, config, std::move(id), std::move(on_stale));
}

}  // namespace argosy::locksmith
