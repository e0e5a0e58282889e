// Machines and what they did, in the database. Functions that change something are called
// inside a transaction (Desk::write).
//
// What is asked for with every request is kept as counters (table fleet_count), so that no
// question about a group costs more with more machines in it.
#pragma once

#include "lib/sql/database.h"
#include "parts/update_service/model/fleet.h"
#include "parts/update_service/rollout/policy.h"

namespace argosy::update_service::store {

// Nothing: it was never seen.
Result<std::optional<model::FleetMember>> find_member(sql::Database& database,
                                                      std::string_view instance_id,
                                                      std::string_view application_id);
// Writes what differs between the two (`before`: as found, or nothing) and keeps the
// counters. With a new status, a line of history.
Result<void> save_member(sql::Database& database, const std::optional<model::FleetMember>& before,
                         const model::FleetMember& after, WallTime now, int error_code = 0);
// An operator's name for a machine; NotFound.
Result<void> set_alias(sql::Database& database, std::string_view instance_id,
                       std::string_view alias);
// Takes machines that were not seen for a day out of the counters; how many.
Result<int64_t> retire_absent(sql::Database& database, WallTime now);
// Drops machines that were not seen since then, with their history; how many.
Result<int64_t> forget_absent(sql::Database& database, WallTime before);

// Drops what happened before then: lines of history, events and activity, some thousand of each
// at a time; how many are gone. What is counted (machines, versions, timelines) is kept elsewhere
// and stays the same.
Result<int64_t> forget_history(sql::Database& database, WallTime before);

// For the decision; `version` is what the group's channel offers.
Result<Counts> counts_of(sql::Database& database, std::string_view group_id,
                         std::string_view version, const Policy& policy, WallTime now);

Result<void> add_event(sql::Database& database, const model::EventRecord& event);
Result<void> add_activity(sql::Database& database, const model::Activity& activity);

enum class InstanceOrder : uint8_t { kId, kIp, kLastCheck, kVersion, kStatus, kAlias };
struct InstanceFilter {
  std::string application_id;
  std::string group_id;             // empty: any
  std::optional<Status> status;     // nothing: any
  std::string version;              // empty: any
  std::optional<WallTime> since{};  // last check not before
  std::string search;               // a part of id, ip or alias
  InstanceOrder order = InstanceOrder::kLastCheck;
  bool is_descending = true;
  uint64_t page = 1;  // from 1
  uint64_t per_page = 10;
};
Result<std::vector<model::FleetMember>> list_members(sql::Database& database,
                                                     const InstanceFilter& filter);
Result<uint64_t> count_members(sql::Database& database, const InstanceFilter& filter);
// The newest first.
Result<std::vector<model::StatusChange>> status_history(sql::Database& database,
                                                        std::string_view instance_id,
                                                        std::string_view application_id,
                                                        std::string_view group_id, uint64_t limit);
Result<std::vector<model::EventRecord>> events_of(sql::Database& database,
                                                  std::string_view instance_id,
                                                  std::string_view application_id, uint64_t limit);

struct ActivityFilter {
  std::string application_id, group_id, channel_id, instance_id, version;  // empty: any
  std::optional<model::Severity> severity;
  WallTime start{};
  std::optional<WallTime> end;  // nothing: until now
  uint64_t page = 1;
  uint64_t per_page = 10;
};
// The newest first.
Result<std::vector<model::Activity>> list_activity(sql::Database& database,
                                                   const ActivityFilter& filter);
Result<uint64_t> count_activity(sql::Database& database, const ActivityFilter& filter);

}  // namespace argosy::update_service::store
