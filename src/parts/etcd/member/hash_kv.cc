#include "parts/etcd/member/hash_kv.h"

#include "parts/etcd/member/member.h"
#include "parts/etcd/mvcc/hash_kv.h"

namespace argosy::etcd::member {

Task<HashedKv> hash_kv(Member& member, int64_t revision) {
  mvcc::HashPlan plan = co_await mvcc::HashPlan::open(member.state().store(), revision);
  while (!co_await plan.step()) co_await sleep_for(member.loop(), Duration(0));
  // A compaction that goes on while the snapshot is made removes only what the plan
  // leaves out anyway.
  co_await member.commit_backend();
  auto tx = std::make_shared<bolt::ReadTx>(member.backend().committed());
  const mvcc::HashScope scope = plan.take();
  HashedKv hashed{0, scope.compact_revision, scope.current_revision};
  hashed.hash = co_await on_worker<uint32_t>(member.loop(), [tx, scope]() -> Result<uint32_t> {
    mvcc::KvHasher hasher(scope);
    const auto bucket = TRY(tx->bucket(bucket_name(Bucket::kKey)));
    if (!bucket) return hasher.hash();
    auto cursor = bucket->cursor();
    for (auto item = TRY(cursor.first()); item; item = TRY(cursor.next())) {
      hasher.add(item->key, item->value);
    }
    return hasher.hash();
  });
  co_return hashed;
}

}  // namespace argosy::etcd::member
