// Random requests and passing time, against a map of expiries.
#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <map>
#include <set>

#include "parts/etcd/lease/lessor.h"
#include "parts/etcd/storage/memory_storage.h"
#include "sys/random/random.h"

namespace argosy::etcd::lease {
namespace {

struct NaiveLease {
  int64_t ttl = 0;
  std::optional<MonotonicTime> expiry;
  std::optional<MonotonicTime> quiet_until;  // it was named by expired()
  std::set<Bytes> keys;
};

class Machine {
 public:
  explicit Machine(uint64_t seed) : random_(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      now_ += milliseconds(random_.below(1500));
      step(LeaseId(1 + static_cast<int64_t>(random_.below(20))));
      CHECK(lessor_->size() == model_.size());
    }
  }

 private:
  void step(LeaseId id) {
    switch (random_.below(9)) {
      case 0:
        grant(id);
        break;
      case 1:
        renew(id);
        break;
      case 2:
        revoke(id);
        break;
      case 3:
        attach(id);
        break;
      case 4:
        if (random_.chance(10)) change_role();
        break;
      case 5:
        if (random_.chance(20)) restart();
        break;
      case 6:
        look(id);
        break;
      default:
        expire();
        break;
    }
  }

  void grant(LeaseId id) {
    const auto ttl = static_cast<int64_t>(random_.below(30));
    const bool is_new = !model_.contains(id);
    CHECK(lessor_->grant(id, ttl, now_).has_value() == is_new);
    if (!is_new) return;
    NaiveLease& lease = model_[id];
    lease.ttl = std::max<int64_t>(ttl, 2);
    if (is_primary_) lease.expiry = now_ + seconds(lease.ttl);
  }

  void renew(LeaseId id) {
    const auto renewed = lessor_->renew(id, now_);
    const auto known = model_.find(id);
    if (!is_primary_) {
      CHECK(renewed->result == Renewal::kNotPrimary);
    } else if (known == model_.end()) {
      CHECK(renewed.error().code() == Code::kNotFound);
    } else if (known->second.expiry <= now_) {
      CHECK(renewed->result == Renewal::kExpired);
    } else {
      CHECK(renewed->ttl == known->second.ttl);
      known->second.expiry = now_ + seconds(known->second.ttl);
    }
  }

  void revoke(LeaseId id) {
    const auto keys = lessor_->keys_to_revoke(id);
    const auto known = model_.find(id);
    CHECK(keys.has_value() == (known != model_.end()));
    if (!keys || !random_.chance(3)) return;
    CHECK(std::set<Bytes>(keys->begin(), keys->end()) == known->second.keys);
    CHECK(std::ranges::is_sorted(*keys));
    lessor_->forget(id);
    model_.erase(known);
  }

  void attach(LeaseId id) {
    const Bytes key = "k" + std::to_string(random_.below(10));
    const auto known = model_.find(id);
    CHECK(lessor_->attach(id, key) == (known != model_.end()));
    if (known == model_.end()) return;
    for (auto& [other, lease] : model_) lease.keys.erase(key);
    known->second.keys.insert(key);
    CHECK(lessor_->lease_of(key) == id);
    if (!random_.chance(3)) return;
    lessor_->detach(id, key);
    known->second.keys.erase(key);
    CHECK(lessor_->lease_of(key) == kNoLease);
  }

  void change_role() {
    const Duration extend = seconds(random_.below(20));
    is_primary_ = !is_primary_;
    is_primary_ ? lessor_->promote(extend, now_) : lessor_->demote();
    for (auto& [id, lease] : model_) {
      lease.quiet_until.reset();
      lease.expiry.reset();
      if (is_primary_) lease.expiry = now_ + seconds(lease.ttl) + extend;
    }
  }

  void restart() {
    lessor_ = std::make_unique<Lessor>(storage_, LessorOptions{});
    is_primary_ = false;
    for (auto& [id, lease] : model_) lease = {.ttl = lease.ttl};
  }

  void expire() {
    std::set<LeaseId> wanted;
    for (auto& [id, lease] : model_) {
      if (!lease.expiry || *lease.expiry > now_) continue;
      if (lease.quiet_until && *lease.quiet_until > now_) continue;
      wanted.insert(id);
      lease.quiet_until = now_ + seconds(3);
    }
    const auto named = lessor_->expired(now_);
    CHECK(named.size() == wanted.size());
    CHECK(std::set<LeaseId>(named.begin(), named.end()) == wanted);
  }

  void look(LeaseId id) const {
    const auto left = lessor_->time_to_live(id, true, now_);
    const auto known = model_.find(id);
    CHECK(left.has_value() == (known != model_.end()));
    if (!left) return;
    const NaiveLease& lease = known->second;
    CHECK(left->granted_ttl == lease.ttl);
    CHECK(std::set<Bytes>(left->keys.begin(), left->keys.end()) == lease.keys);
    const Duration remaining = lease.expiry ? *lease.expiry - now_ : Duration::max();
    CHECK(left->remaining == std::chrono::duration_cast<seconds>(remaining).count());
  }

  SeededRandom random_;
  MemoryStorage storage_;
  std::unique_ptr<Lessor> lessor_ = std::make_unique<Lessor>(storage_, LessorOptions{});
  std::map<LeaseId, NaiveLease> model_;
  MonotonicTime now_{};
  bool is_primary_ = false;
};

}  // namespace

TEST_CASE("the lessor does what a map of expiries would do") {
  const uint64_t seeds = std::getenv("ARGOSY_LONG") != nullptr ? 5000 : 100;
  for (uint64_t seed = 1; seed <= seeds; seed++) {
    CAPTURE(seed);
    Machine(seed).run(500);
  }
}

}  // namespace argosy::etcd::lease
