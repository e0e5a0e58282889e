#include "io/loop/uv_loop.h"
#include "parts/locksmith/daemon/reboot_lock.h"
#include "parts/locksmith/fleet/client.h"

namespace argosy::locksmith {
namespace {

using How = LockOutcome::How;

class FleetLock final : public RebootLock {
 public:
  FleetLock(UvLoop& loop, const Config& config, std::string id)
      : client_(loop, loop.network(), config.fleet_lock_url,
                {config.store.group.empty() ? "default" : config.store.group, std::move(id)}) {}

  Task<LockOutcome> take() override { co_return outcome_of(co_await result(client_.pre_reboot())); }
  // The protocol does not say whether it was held.
  Task<LockOutcome> release() override {
    const auto done = co_await result(client_.steady_state());
    co_return done ? LockOutcome{How::kAlready} : outcome_of(done);
  }

 private:
  static LockOutcome outcome_of(const Result<void>& done) {
    if (done) return {};
    return {How::kFailed, done.error().text()};
  }
  FleetLockClient client_;
};

}  // namespace

std::unique_ptr<RebootLock> make_fleet_lock(UvLoop& loop, const Config& config, std::string id) {
  return std::make_unique<FleetLock>(loop, config, std::move(id));
}

}  // namespace argosy::locksmith
