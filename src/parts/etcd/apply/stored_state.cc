#include "parts/etcd/apply/stored_state.h"

#include "base/format.h"
#include "base/protowire.h"
#include "parts/etcd/lease/lease_record.h"
#include "parts/etcd/mvcc/meta_keys.h"
#include "parts/etcd/mvcc/revision.h"

namespace argosy::etcd::apply {
namespace {

bool is_good_meta(BytesView key, BytesView value) {
  if (key == mvcc::kConsistentIndex) return value.size() == sizeof(uint64_t);
  if (key == mvcc::kScheduledCompactRevision || key == mvcc::kFinishedCompactRevision) {
    return mvcc::parse_revision_key(value).has_value();
  }
  return true;  // later versions keep more here
}

bool is_good_lease(BytesView key, BytesView value) {
  const auto record = lease::decode_lease_record(value);
  return record && key.size() == sizeof(int64_t) &&
         load_be64(key.data()) == static_cast<uint64_t>(record->id.value());
}

bool is_good_alarm(BytesView key, BytesView) {
  protowire::Reader in(key);
  while (in.next()) {
  }
  return !in.failed();
}

using Judge = bool (*)(BytesView key, BytesView value);

Result<void> check_bucket(Storage& storage, Bucket bucket, Judge is_good) {
  std::optional<Error> damage;
  storage.scan(bucket, "", "", [&](BytesView key, BytesView value) {
    if (is_good(key, value)) return true;
    damage.emplace(Code::kDataLoss, format("bucket {}: the entry of key {} is damaged",
                                           bucket_name(bucket), to_hex(key)));
    return false;
  });
  if (damage) return fail(*std::move(damage));
  return {};
}

}  // namespace

Result<void> check_stored_state(Storage& storage) {
  TRY(check_bucket(storage, Bucket::kMeta, is_good_meta));
  TRY(check_bucket(storage, Bucket::kLease, is_good_lease));
  return check_bucket(storage, Bucket::kAlarm, is_good_alarm);
}

}  // namespace argosy::etcd::apply
