// The alarms that are raised, kept in Bucket::kAlarm.
#pragma once

#include <map>
#include <vector>

#include "parts/etcd/apply/entry_request.h"
#include "parts/etcd/storage/storage.h"

namespace argosy::etcd::apply {

struct Alarm {
  uint64_t member_id = 0;
  AlarmType type = AlarmType::kNone;

  auto operator<=>(const Alarm&) const = default;
};

class Alarms {
 public:
  explicit Alarms(Storage& storage);
  void restore();

  // The alarm as it is now; raising again changes nothing.
  Alarm activate(uint64_t member_id, AlarmType type);
  // Empty when it was not raised.
  std::optional<Alarm> deactivate(uint64_t member_id, AlarmType type);
  // Of one kind, or of all for kNone.
  std::vector<Alarm> list(AlarmType type = AlarmType::kNone) const;
  bool is_raised(AlarmType type) const;

 private:
  Storage& storage_;
  std::set<Alarm> raised_;
};

}  // namespace argosy::etcd::apply
