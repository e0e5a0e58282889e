// What machines report: who they are, what each application on them does, and what happened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "parts/update_service/rollout/instance.h"

namespace argosy::update_service::model {

// A machine.
struct Instance {
  std::string id;  // the machine id
  std::string ip;
  std::string alias;          // an operator's
  std::string machine_alias;  // its own (Flatcar's MACHINE_ALIAS)
  std::string oem, oem_version, aleph_version;
  WallTime created{};

  // What people call it: an alias, else the id.
  const std::string& shown_name() const;
  bool operator==(const Instance&) const = default;
};

// One application on a machine.
struct InstanceApplication {
  std::string instance_id;
  std::string application_id;
  std::string group_id;
  std::string version;
  Status status = Status::kUndefined;
  WallTime created{};
  WallTime last_check{};
  std::optional<WallTime> granted_at;
  std::string granted_version;  // empty: none yet
  bool is_updating = false;
  // Seen within the last day; only such count.
  bool is_active = false;

  bool operator==(const InstanceApplication&) const = default;
};

struct FleetMember {
  Instance instance;
  InstanceApplication application;
};

struct StatusChange {
  WallTime at{};
  std::string group_id;
  std::string version;
  Status status = Status::kUndefined;
  int error_code = 0;  // update_engine's, with its flags; 0: none

  bool operator==(const StatusChange&) const = default;
};

struct EventRecord {
  WallTime at{};
  std::string instance_id;
  std::string application_id;
  int type = 0;
  int result = 0;
  int error_code = 0;
  std::string previous_version;

  bool operator==(const EventRecord&) const = default;
};

enum class ActivityClass : uint8_t {
  kPackageNotFound = 1,
  kRolloutStarted = 2,
  kRolloutFinished = 3,
  kRolloutFailed = 4,
  kInstanceUpdateFailed = 5,
  kChannelPackageUpdated = 6,
};
enum class Severity : uint8_t { kSuccess = 1, kInfo = 2, kWarning = 3, kError = 4 };

struct Activity {
  WallTime at{};
  ActivityClass kind = ActivityClass::kPackageNotFound;
  Severity severity = Severity::kInfo;
  std::string version;
  std::string application_id;
  std::string group_id;     // empty: of no group
  std::string channel_id;   // empty: of no channel
  std::string instance_id;  // empty: of no machine

  bool operator==(const Activity&) const = default;
};

// Nebraska's ways of looking back: "1h", "1d", "7d", "30d".
enum class Span : uint8_t { kHour, kDay, kWeek, kMonth };
std::optional<Span> parse_span(std::string_view text);
Duration length_of(Span span);
// The distance of a timeline's points.
Duration step_of(Span span);

}  // namespace argosy::update_service::model
