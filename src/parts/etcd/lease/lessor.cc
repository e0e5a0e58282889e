#include "parts/etcd/lease/lessor.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "parts/etcd/lease/lease_record.h"

namespace argosy::etcd::lease {
namespace {

Error not_found_error() {
  return {Code::kNotFound, "etcdserver: requested lease not found"};
}
Error exists_error() {
  return {Code::kFailedPrecondition, "etcdserver: lease already exists"};
}
Error too_large_error() {
  return {Code::kOutOfRange, "etcdserver: too large lease TTL"};
}

// kMaxTtl is 97.6 % of what a Duration holds, so a sum may be beyond it.
MonotonicTime after(MonotonicTime now, Duration a, Duration b = {}) {
  Duration::rep sum = 0;
  if (__builtin_add_overflow(a.count(), b.count(), &sum) ||
      __builtin_add_overflow(sum, now.time_since_epoch().count(), &sum)) {
    return MonotonicTime::max();
  }
  return MonotonicTime(Duration(sum));
}

constexpr size_t kTidyAbove = 64;

}  // namespace

Lessor::Lessor(Storage& storage, LessorOptions options) : storage_(storage), options_(options) {
  restore();
}

void Lessor::restore() {
  leases_.clear();
  lease_of_key_.clear();
  expiries_.clear();
  checkpoints_.clear();
  storage_.scan(Bucket::kLease, {}, {}, [&](BytesView, BytesView value) {
    const auto record = decode_lease_record(value);
    check(record.has_value(), "a stored lease is damaged");
    Lease& lease = leases_[record->id];
    lease.ttl = std::max(record->ttl, options_.min_ttl);
    lease.remaining_ttl = record->remaining_ttl;
    lease.serial = ++last_serial_;
    return true;
  });
}

Lessor::Lease* Lessor::find(LeaseId id) {
  const auto at = leases_.find(id);
  return at != leases_.end() ? &at->second : nullptr;
}

const Lessor::Lease* Lessor::find(LeaseId id) const {
  const auto at = leases_.find(id);
  return at != leases_.end() ? &at->second : nullptr;
}

Lessor::Lease* Lessor::find(const TimedLease& entry) {
  Lease* lease = find(entry.id);
  return lease != nullptr && lease->serial == entry.serial ? lease : nullptr;
}

// -- Entries.

Result<Granted> Lessor::grant(LeaseId id, int64_t ttl, MonotonicTime now) {
  if (id == kNoLease) return fail(not_found_error());
  if (ttl > kMaxTtl) return fail(too_large_error());
  if (has(id)) return fail(exists_error());
  Lease& lease = leases_[id];
  lease.ttl = std::max(ttl, options_.min_ttl);
  lease.serial = ++last_serial_;
  persist(id, lease);
  if (is_primary_) {
    lease.expiry = after(now, seconds(lease.ttl));
    look_at(id, lease, *lease.expiry);
    schedule_checkpoint(id, lease, now);
  }
  return Granted{id, lease.ttl};
}

Result<std::vector<Bytes>> Lessor::keys_to_revoke(LeaseId id) const {
  const Lease* lease = find(id);
  if (lease == nullptr) return fail(not_found_error());
  return std::vector<Bytes>(lease->keys.begin(), lease->keys.end());
}

void Lessor::forget(LeaseId id) {
  Lease* lease = find(id);
  if (lease == nullptr) return;
  for (const Bytes& key : lease->keys) lease_of_key_.erase(key);
  leases_.erase(id);
  storage_.erase(Bucket::kLease, lease_key(id));
  tidy_expiries();
  tidy_checkpoints();
}

void Lessor::checkpoint(const Checkpoint& checkpoint, MonotonicTime now) {
  Lease* lease = find(checkpoint.id);
  if (lease == nullptr) return;
  lease->remaining_ttl = checkpoint.remaining_ttl;
  if (options_.persist_checkpoints) persist(checkpoint.id, *lease);
  if (is_primary_) schedule_checkpoint(checkpoint.id, *lease, now);
}

void Lessor::persist(LeaseId id, const Lease& lease) {
  storage_.put(Bucket::kLease, lease_key(id), encode({id, lease.ttl, lease.remaining_ttl}));
}

// -- Keys.

bool Lessor::attach(LeaseId id, BytesView key) {
  Lease* lease = find(id);
  if (lease == nullptr) return false;
  if (const LeaseId old = lease_of(key); old != kNoLease) detach(old, key);
  lease->keys.emplace(key);
  lease_of_key_.insert_or_assign(Bytes(key), id);
  return true;
}

void Lessor::detach(LeaseId id, BytesView key) {
  const auto at = lease_of_key_.find(key);
  if (at == lease_of_key_.end() || at->second != id) return;
  lease_of_key_.erase(at);
  auto& keys = leases_.at(id).keys;
  keys.erase(keys.find(key));
}

LeaseId Lessor::lease_of(BytesView key) const {
  const auto at = lease_of_key_.find(key);
  return at != lease_of_key_.end() ? at->second : kNoLease;
}

// -- Counting time.

void Lessor::look_at(LeaseId id, Lease& lease, MonotonicTime when) {
  if (lease.next_look && *lease.next_look <= when) return;
  lease.next_look = when;
  expiries_.push({when, id, lease.serial});
  tidy_expiries();
}

void Lessor::schedule_checkpoint(LeaseId id, Lease& lease, MonotonicTime now) {
  if (!options_.checkpoints) return;
  const auto interval = std::chrono::duration_cast<seconds>(options_.checkpoint_interval);
  if (lease.effective_ttl() <= interval.count()) return;
  lease.next_checkpoint = after(now, options_.checkpoint_interval);
  checkpoints_.push({*lease.next_checkpoint, id, lease.serial});
  tidy_checkpoints();
}

bool Lessor::is_too_long(const TimeHeap& heap) const {
  return heap.size() > kTidyAbove && heap.size() > 2 * leases_.size();
}

void Lessor::tidy_expiries() {
  if (!is_too_long(expiries_)) return;
  expiries_.keep_only([&](const TimedLease& entry) {
    const Lease* lease = find(entry);
    return lease != nullptr && lease->next_look == entry.when;
  });
}

void Lessor::tidy_checkpoints() {
  if (!is_too_long(checkpoints_)) return;
  checkpoints_.keep_only([&](const TimedLease& entry) {
    const Lease* lease = find(entry);
    return lease != nullptr && lease->next_checkpoint == entry.when;
  });
}

void Lessor::promote(Duration extend, MonotonicTime now) {
  is_primary_ = true;
  expiries_.clear();
  checkpoints_.clear();
  for (auto& [id, lease] : leases_) {
    lease.expiry = after(now, seconds(lease.effective_ttl()), extend);
    schedule_checkpoint(id, lease, now);
  }
  if (leases_.size() >= kRevokeRate) spread(extend, now);
  for (auto& [id, lease] : leases_) {
    lease.next_look.reset();
    look_at(id, lease, *lease.expiry);
  }
}

// Of the leases that would expire within one second, only so many may: three
// quarters of the revocation rate, so that a pile from before does not take it all.
// The others wait longer, the more the later they come.
void Lessor::spread(Duration extend, MonotonicTime now) {
  constexpr size_t kPerSecond = 3 * kRevokeRate / 4;
  const std::vector<LeaseId> order = list();
  Duration base = *leases_.at(order.front()).expiry - now;
  Duration next = base + seconds(1);
  size_t expiring = 0;
  for (const LeaseId id : order) {
    Lease& lease = leases_.at(id);
    const Duration remaining = *lease.expiry - now;
    if (remaining > next) {
      base = remaining;
      next = base + seconds(1);
      expiring = 1;
      continue;
    }
    if (++expiring <= kPerSecond) continue;
    const Duration delay(static_cast<Duration::rep>(expiring * std::nano::den / kPerSecond) -
                         (remaining - base).count());
    next = base + delay;
    lease.expiry = after(now, seconds(lease.effective_ttl()), delay + extend);
  }
}

void Lessor::demote() {
  is_primary_ = false;
  expiries_.clear();
  checkpoints_.clear();
  for (auto& [id, lease] : leases_) lease.expiry.reset();
}

Result<Lessor::Renewed> Lessor::renew(LeaseId id, MonotonicTime now) {
  if (!is_primary_) return Renewed{.result = Renewal::kNotPrimary};
  Lease* lease = find(id);
  if (lease == nullptr) return fail(not_found_error());
  if (lease->expiry <= now) return Renewed{.result = Renewal::kExpired};
  // Usually there is an earlier entry, which is corrected when its time comes. It is
  // a later one when the lease had been given more than its TTL.
  lease->expiry = after(now, seconds(lease->ttl));
  look_at(id, *lease, *lease->expiry);
  return Renewed{Renewal::kRenewed, lease->ttl, options_.checkpoints && lease->remaining_ttl > 0};
}

std::vector<LeaseId> Lessor::expired(MonotonicTime now, size_t limit) {
  std::vector<LeaseId> named;
  while (named.size() < limit && !expiries_.empty() && expiries_.top().when <= now) {
    const TimedLease entry = expiries_.pop();
    Lease* lease = find(entry);
    if (lease == nullptr || lease->next_look != entry.when) continue;
    lease->next_look.reset();
    const bool is_expired = lease->expiry <= now;
    if (is_expired) named.push_back(entry.id);
    look_at(entry.id, *lease, is_expired ? after(now, options_.expired_retry) : *lease->expiry);
  }
  return named;
}

std::vector<Checkpoint> Lessor::due_checkpoints(MonotonicTime now, size_t limit) {
  std::vector<Checkpoint> due;
  while (due.size() < limit && !checkpoints_.empty() && checkpoints_.top().when <= now) {
    const TimedLease entry = checkpoints_.pop();
    Lease* lease = find(entry);
    if (lease == nullptr || lease->next_checkpoint != entry.when) continue;
    lease->next_checkpoint.reset();
    if (lease->expiry <= now) continue;
    const int64_t remaining = std::chrono::ceil<seconds>(*lease->expiry - now).count();
    if (remaining >= lease->ttl) {
      schedule_checkpoint(entry.id, *lease, now);
    } else {
      due.push_back({entry.id, remaining});
    }
  }
  return due;
}

std::optional<MonotonicTime> Lessor::next_deadline() const {
  std::optional<MonotonicTime> next;
  for (const TimeHeap* heap : {&expiries_, &checkpoints_}) {
    if (!heap->empty() && (!next || heap->top().when < *next)) next = heap->top().when;
  }
  return next;
}

// -- Questions.

Result<TimeToLive> Lessor::time_to_live(LeaseId id, bool with_keys, MonotonicTime now) const {
  const Lease* lease = find(id);
  if (lease == nullptr) return fail(not_found_error());
  TimeToLive answer;
  answer.granted_ttl = lease->ttl;
  const Duration left = lease->expiry ? *lease->expiry - now : Duration::max();
  answer.remaining = std::chrono::duration_cast<seconds>(left).count();
  if (with_keys) answer.keys.assign(lease->keys.begin(), lease->keys.end());
  return answer;
}

std::vector<LeaseId> Lessor::list() const {
  std::vector<std::pair<MonotonicTime, LeaseId>> order;
  order.reserve(leases_.size());
  for (const auto& [id, lease] : leases_) {
    order.emplace_back(lease.expiry.value_or(MonotonicTime::max()), id);
  }
  std::ranges::sort(order);
  std::vector<LeaseId> ids;
  ids.reserve(order.size());
  for (const auto& [expiry, id] : order) ids.push_back(id);
  return ids;
}

}  // namespace argosy::etcd::lease
