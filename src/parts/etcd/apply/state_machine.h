// The replicated state machine: applies what entries ask for to keys, leases and
// alarms, the same on every member. Pure; the owner gives it the time, which only the
// leases of a leader look at, and tells it the sizes that its quota is about.
#pragma once

#include <variant>

#include "base/time.h"
#include "parts/etcd/apply/alarms.h"
#include "parts/etcd/lease/lessor.h"
#include "parts/etcd/mvcc/apply.h"
#include "parts/etcd/mvcc/store.h"
#include "parts/etcd/mvcc/watch_hub.h"

namespace argosy::etcd::apply {

struct Compacted {
  int64_t revision = 0;  // the store's, for the header
  int64_t compacted_to = 0;
};
struct LeaseRevoked {
  int64_t revision = 0;
};
struct LeaseCheckpointed {};
struct AlarmResult {
  std::vector<Alarm> alarms;
};

using Response = std::variant<std::monostate, mvcc::RangeResponse, mvcc::PutResponse,
                              mvcc::DeleteRangeResponse, mvcc::TxnResponse, Compacted,
                              lease::Granted, LeaseRevoked, LeaseCheckpointed, AlarmResult>;

struct Context {
  MonotonicTime now;
  // Somebody on this member waits for the answer.
  bool is_awaited = false;
  // Bytes of the backend, and what they may become; 0: no quota.
  uint64_t backend_size = 0;
  uint64_t quota = 0;
};

// What a request would add at most, as the original reckons it.
uint64_t quota_cost(const EntryRequest& request);
bool is_over_quota(const EntryRequest& request, uint64_t backend_size, uint64_t quota);

// What was applied since the start.
struct Totals {
  uint64_t puts = 0;
  uint64_t deletes = 0;
  uint64_t txns = 0;
  uint64_t leases_granted = 0;
  uint64_t leases_revoked = 0;
};

class StateMachine {
 public:
  StateMachine(Storage& storage, lease::LessorOptions lease_options);
  StateMachine(const StateMachine&) = delete;
  StateMachine& operator=(const StateMachine&) = delete;

  // After the storage was replaced by a snapshot.
  void restore();

  // An error answers the client and changes nothing, but for one over the quota: that
  // write is made and its answer is no_space all the same, as in the original.
  // V2Request and Unsupported are not for this class.
  Result<Response> apply(EntryRequest request, const Context& context);

  mvcc::Store& store() { return *store_; }
  const mvcc::Store& store() const { return *store_; }
  lease::Lessor& lessor() { return lessor_; }
  mvcc::WatchHub& watches() { return *watches_; }
  Alarms& alarms() { return alarms_; }
  const Totals& totals() const { return totals_; }

 private:
  // The store's view of the lessor.
  class Items final : public mvcc::LeaseItems {
   public:
    explicit Items(lease::Lessor& lessor) : lessor_(lessor) {}
    bool has_lease(int64_t id) const override { return lessor_.has(lease::LeaseId(id)); }
    int64_t lease_of(BytesView key) const override { return lessor_.lease_of(key).value(); }
    void attach(int64_t id, BytesView key) override { lessor_.attach(lease::LeaseId(id), key); }
    void detach(int64_t id, BytesView key) override { lessor_.detach(lease::LeaseId(id), key); }

   private:
    lease::Lessor& lessor_;
  };

  Result<void> refuse_by_alarm(const EntryRequest& request) const;
  Result<Response> dispatch(EntryRequest& request, const Context& context);
  Result<Response> apply_txn(mvcc::TxnRequest& request, const Context& context);
  Result<Response> revoke(const LeaseRevoke& request);
  Result<Response> set_alarm(const AlarmRequest& request);
  void publish(const mvcc::Changes& changes);

  lease::Lessor lessor_;
  Items items_;
  std::unique_ptr<mvcc::Store> store_;
  std::unique_ptr<mvcc::WatchHub> watches_;
  Alarms alarms_;
  Totals totals_;
};

}  // namespace argosy::etcd::apply
