// Leases: who has one, until when, and which keys hang on it. Pure: time is passed
// in, always the same clock's. One thread, the one that applies.
//
// All members keep the same leases (grant, revoke and checkpoint are entries); only
// the primary, which is on the leader, counts time. There expired() names the leases
// to be revoked by an entry. Elsewhere a lease never expires.
// Kept in Bucket::kLease; the attachments are found again from the keys.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "parts/etcd/lease/lease_id.h"
#include "parts/etcd/lease/time_heap.h"
#include "parts/etcd/storage/storage.h"

namespace argosy::etcd::lease {

// Seconds.
inline constexpr int64_t kMaxTtl = 9'000'000'000;
// Leases that expire in one second; more are spread, and revoked no faster.
inline constexpr size_t kRevokeRate = 1000;
// The owner asks expired() every half second and keeps at most this many
// revocations under way.
inline constexpr Duration kExpiryInterval = milliseconds(500);
inline constexpr size_t kMaxPendingRevokes = 16;
inline constexpr size_t kCheckpointBatch = 1000;

struct LessorOptions {
  int64_t min_ttl = 2;  // seconds; shorter ones are raised to it
  // A lease named by expired() that was not revoked is named again after this.
  Duration expired_retry = seconds(3);
  bool checkpoints = false;  // propose remaining times
  Duration checkpoint_interval = minutes(5);
  bool persist_checkpoints = false;
};

struct Granted {
  LeaseId id;
  int64_t ttl = 0;  // seconds
};

struct TimeToLive {
  int64_t granted_ttl = 0;
  // Whole seconds left, truncated; may be negative when a revocation is late.
  int64_t remaining = 0;
  std::vector<Bytes> keys;  // sorted; only if asked for
};

struct Checkpoint {
  LeaseId id;
  int64_t remaining_ttl = 0;  // seconds; 0 means the full one
};

// Renewing has three ends besides "no such lease".
enum class Renewal {
  kRenewed,
  kNotPrimary,  // ask the leader
  kExpired,     // a revocation is coming: wait for it, then answer "not found"
};

class Lessor {
 public:
  // Reads Bucket::kLease, which must outlive the lessor.
  Lessor(Storage& storage, LessorOptions options);
  // Forgets all and reads the storage again, which has been replaced by a snapshot.
  // Keys are attached anew by the store's restore, after this.
  void restore();

  // -- Entries.

  // Errors: lease not found for id 0, too large TTL, already exists.
  Result<Granted> grant(LeaseId id, int64_t ttl, MonotonicTime now);
  // The keys to delete, sorted, in one revision; then the owner calls forget()
  // without letting the thread go in between. Error: lease not found.
  Result<std::vector<Bytes>> keys_to_revoke(LeaseId id) const;
  // Removes the lease, and what is still attached with it. Missing is no error.
  void forget(LeaseId id);
  // An unknown lease is no error.
  void checkpoint(const Checkpoint& checkpoint, MonotonicTime now);

  // -- Keys.

  bool has(LeaseId id) const { return leases_.contains(id); }
  // False when there is no such lease.
  bool attach(LeaseId id, BytesView key);
  // Detaches the key if it hangs on this lease.
  void detach(LeaseId id, BytesView key);
  LeaseId lease_of(BytesView key) const;

  // -- The primary.

  bool is_primary() const { return is_primary_; }
  // Counts time from now, giving each lease its TTL and `extend` on top; if more
  // than kRevokeRate leases exist, spreads those that would expire together.
  void promote(Duration extend, MonotonicTime now);
  void demote();
  struct Renewed {
    Renewal result = Renewal::kRenewed;
    int64_t ttl = 0;  // seconds
    // The owner proposes this checkpoint (remaining 0) with the renewal.
    bool needs_checkpoint_reset = false;
  };
  // Error: lease not found.
  Result<Renewed> renew(LeaseId id, MonotonicTime now);
  // Up to `limit` leases to revoke. One named here is not named again before
  // options.expired_retry.
  std::vector<LeaseId> expired(MonotonicTime now, size_t limit = kRevokeRate / 2);
  // Up to `limit` checkpoints to propose.
  std::vector<Checkpoint> due_checkpoints(MonotonicTime now, size_t limit = kCheckpointBatch);
  // When expired() or due_checkpoints() may next have something.
  std::optional<MonotonicTime> next_deadline() const;

  // -- Questions.

  // Error: lease not found.
  Result<TimeToLive> time_to_live(LeaseId id, bool with_keys, MonotonicTime now) const;
  // The one that has the least time left first; leases that never expire by id, last.
  std::vector<LeaseId> list() const;
  size_t size() const { return leases_.size(); }

 private:
  struct Lease {
    int64_t ttl = 0;
    int64_t remaining_ttl = 0;            // the last checkpoint's; 0: none
    std::optional<MonotonicTime> expiry;  // empty: never
    uint64_t serial = 0;
    // Of its entries in the two heaps only these count. The first is never later than
    // the expiry, but for a lease that has been named already.
    std::optional<MonotonicTime> next_look;
    std::optional<MonotonicTime> next_checkpoint;
    std::set<Bytes, std::less<>> keys;

    int64_t effective_ttl() const { return remaining_ttl > 0 ? remaining_ttl : ttl; }
  };
  struct KeyHash {
    using is_transparent = void;
    size_t operator()(BytesView key) const { return std::hash<BytesView>()(key); }
  };

  Lease* find(LeaseId id);
  const Lease* find(LeaseId id) const;
  // The lease for which a heap's entry was made; null if that is gone.
  Lease* find(const TimedLease& entry);
  void persist(LeaseId id, const Lease& lease);
  // Sees to it that expired() looks at the lease at this time or earlier.
  void look_at(LeaseId id, Lease& lease, MonotonicTime when);
  void schedule_checkpoint(LeaseId id, Lease& lease, MonotonicTime now);
  // Drop entries that mean nothing any more when they are many.
  void tidy_expiries();
  void tidy_checkpoints();
  bool is_too_long(const TimeHeap& heap) const;
  void spread(Duration extend, MonotonicTime now);

  Storage& storage_;
  LessorOptions options_;
  bool is_primary_ = false;
  std::map<LeaseId, Lease> leases_;
  std::unordered_map<Bytes, LeaseId, KeyHash, std::equal_to<>> lease_of_key_;
  TimeHeap expiries_;
  TimeHeap checkpoints_;
  uint64_t last_serial_ = 0;
};

}  // namespace argosy::etcd::lease
