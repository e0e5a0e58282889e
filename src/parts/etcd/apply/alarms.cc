#include "parts/etcd/apply/alarms.h"

#include "base/protowire.h"

namespace argosy::etcd::apply {
namespace {

// etcdserverpb.AlarmMember, the key in the bucket.
Bytes encode_alarm(const Alarm& alarm) {
  Bytes out;
  protowire::Writer writer(out);
  if (alarm.member_id != 0) writer.uint64(1, alarm.member_id);
  if (alarm.type != AlarmType::kNone) writer.int64(2, static_cast<int64_t>(alarm.type));
  return out;
}

Alarm decode_stored_alarm(BytesView bytes) {
  Alarm alarm;
  protowire::Reader in(bytes);
  while (in.next()) {
    if (in.field() == 1) alarm.member_id = in.uint64();
    if (in.field() == 2) alarm.type = static_cast<AlarmType>(in.int64());
  }
  return alarm;
}

}  // namespace

Alarms::Alarms(Storage& storage) : storage_(storage) {
  restore();
}

void Alarms::restore() {
  raised_.clear();
  storage_.scan(Bucket::kAlarm, "", "", [this](BytesView key, BytesView) {
    raised_.insert(decode_stored_alarm(key));
    return true;
  });
}

Alarm Alarms::activate(uint64_t member_id, AlarmType type) {
  const Alarm alarm{member_id, type};
  if (raised_.insert(alarm).second) storage_.put(Bucket::kAlarm, encode_alarm(alarm), "");
  return alarm;
}

std::optional<Alarm> Alarms::deactivate(uint64_t member_id, AlarmType type) {
  const Alarm alarm{member_id, type};
  if (raised_.erase(alarm) == 0) return std::nullopt;
  storage_.erase(Bucket::kAlarm, encode_alarm(alarm));
  return alarm;
}

std::vector<Alarm> Alarms::list(AlarmType type) const {
  std::vector<Alarm> found;
  for (const Alarm& alarm : raised_) {
    if (type == AlarmType::kNone || alarm.type == type) found.push_back(alarm);
  }
  return found;
}

bool Alarms::is_raised(AlarmType type) const {
  return !list(type).empty();
}

}  // namespace argosy::etcd::apply
