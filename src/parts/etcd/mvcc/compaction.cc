// Compaction, the part of Store that forgets. Storage and index go together: every
// stored revision up to the compact revision is looked at once, its key's history
// compacted, and the revision erased if no reader at the compact revision or later
// can see it. So neither a list of what is kept nor a walk over all keys is needed.
#include <vector>

#include "base/check.h"
#include "parts/etcd/mvcc/errors.h"
#include "parts/etcd/mvcc/key_value.h"
#include "parts/etcd/mvcc/meta_keys.h"
#include "parts/etcd/mvcc/store.h"

namespace argosy::etcd::mvcc {

Result<void> Store::compact(int64_t revision) {
  check(!is_writing_);
  if (revision <= compact_revision_) return fail(compacted_error());
  if (revision > revision_) return fail(future_revision_error());
  compact_revision_ = revision;
  plans_.push_back(revision);
  storage_.put(Bucket::kMeta, Bytes(kScheduledCompactRevision), first_key_of(revision));
  return {};
}

Store::Compaction Store::compact_step(size_t max_revisions) {
  check(!is_writing_);
  if (plans_.empty()) return Compaction::kIdle;
  check(max_revisions > 0);
  const int64_t plan = plans_.front();
  const Bytes end = first_key_of(plan + 1);
  std::vector<Bytes> unreadable;
  size_t seen = 0;
  storage_.scan(Bucket::kKey, compaction_position_, end, [&](BytesView key, BytesView value) {
    seen++;
    if (!compact_revision_of(key, value, plan)) unreadable.emplace_back(key);
    if (seen == max_revisions) compaction_position_ = Bytes(key) + '\0';
    return seen < max_revisions;
  });
  for (const Bytes& key : unreadable) storage_.erase(Bucket::kKey, key);
  if (seen < max_revisions) finish_plan(plan);
  return plans_.empty() ? Compaction::kIdle : Compaction::kMore;
}

bool Store::compact_revision_of(BytesView stored_key, BytesView value, int64_t plan) {
  const auto stored = parse_revision_key(stored_key);
  check(stored.has_value(), "a stored revision has a damaged key");
  const BytesView key = stored_key_value(value).key;
  index_.compact(key, plan);
  return find(key, plan) == stored->revision;
}

void Store::finish_plan(int64_t plan) {
  storage_.put(Bucket::kMeta, Bytes(kFinishedCompactRevision), first_key_of(plan));
  finished_compact_revision_ = plan;
  compaction_position_.clear();
  plans_.pop_front();
}

}  // namespace argosy::etcd::mvcc
