#include "parts/update_service/store/fleet_store.h"

#include "base/format.h"
#include "parts/update_service/store/members.h"
#include "parts/update_service/store/values.h"

namespace argosy::update_service::store {
namespace {

using model::FleetMember;
using model::InstanceApplication;

// The kind of machine that fleet_count counts.
struct CountKey {
  std::string group_id, version, granted_version;
  Status status = Status::kUndefined;

  bool operator==(const CountKey&) const = default;
};

std::optional<CountKey> key_of(const InstanceApplication& application) {
  if (!application.is_active) return std::nullopt;
  return CountKey{application.group_id, application.version, application.granted_version,
                  application.status};
}

Result<void> count(sql::Database& database, std::string_view application_id, const CountKey& key,
                   int64_t machines) {
  TRY(database.ask(
      "INSERT INTO fleet_count (application_id, group_id, version, granted_version, status, "
      "machines) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (group_id, version, granted_version, "
      "status) DO UPDATE SET machines = fleet_count.machines + excluded.machines",
      text(application_id), key.group_id, key.version, key.granted_version, number(key.status),
      machines));
  if (machines > 0) return {};
  TRY(
      database.ask("DELETE FROM fleet_count WHERE group_id = $1 AND version = $2 AND "
                   "granted_version = $3 AND status = $4 AND machines <= 0",
                   key.group_id, key.version, key.granted_version, number(key.status)));
  return {};
}

Result<void> recount(sql::Database& database, const std::optional<FleetMember>& before,
                     const FleetMember& after) {
  const auto old_key = before ? key_of(before->application) : std::nullopt;
  const auto new_key = key_of(after.application);
  if (old_key == new_key) return {};
  const std::string& application_id = after.application.application_id;
  if (old_key) TRY(count(database, application_id, *old_key, -1));
  if (new_key) TRY(count(database, application_id, *new_key, 1));
  return {};
}

Result<void> write_instance(sql::Database& database, const model::Instance& instance) {
  TRY(database.ask(
      "INSERT INTO instance (id, ip, alias, machine_alias, oem, oem_version, aleph_version, "
      "created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET "
      "ip = excluded.ip, machine_alias = excluded.machine_alias, oem = excluded.oem, "
      "oem_version = excluded.oem_version, aleph_version = excluded.aleph_version",
      instance.id, instance.ip, instance.alias, instance.machine_alias, instance.oem,
      instance.oem_version, instance.aleph_version, to_ms(instance.created)));
  return {};
}

Result<void> insert_application(sql::Database& database, const InstanceApplication& application) {
  TRY(database.ask(
      "INSERT INTO instance_application (instance_id, application_id, group_id, version, status, "
      "created, last_check, granted_at, granted_version, is_updating, is_active) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
      application.instance_id, application.application_id, application.group_id,
      application.version, number(application.status), to_ms(application.created),
      to_ms(application.last_check), to_ms(application.granted_at.value_or(WallTime{})),
      application.granted_version, truth(application.is_updating), truth(application.is_active)));
  return {};
}

// Most requests change nothing else.
Result<void> update_last_check(sql::Database& database, const InstanceApplication& application) {
  TRY(database.ask(
      "UPDATE instance_application SET last_check = $3 "
      "WHERE instance_id = $1 AND application_id = $2",
      application.instance_id, application.application_id, to_ms(application.last_check)));
  return {};
}

Result<void> update_application(sql::Database& database, const InstanceApplication& application) {
  TRY(database.ask(
      "UPDATE instance_application SET group_id = $3, version = $4, status = $5, last_check = $6, "
      "granted_at = $7, granted_version = $8, is_updating = $9, is_active = $10 "
      "WHERE instance_id = $1 AND application_id = $2",
      application.instance_id, application.application_id, application.group_id,
      application.version, number(application.status), to_ms(application.last_check),
      to_ms(application.granted_at.value_or(WallTime{})), application.granted_version,
      truth(application.is_updating), truth(application.is_active)));
  return {};
}

Result<void> write_application(sql::Database& database, const std::optional<FleetMember>& before,
                               const InstanceApplication& after) {
  if (!before) return insert_application(database, after);
  InstanceApplication checked = before->application;
  checked.last_check = after.last_check;
  if (checked == after) return update_last_check(database, after);
  return update_application(database, after);
}

Result<void> note_status(sql::Database& database, const InstanceApplication& application,
                         WallTime now, int error_code) {
  const bool is_granted = application.status == Status::kGranted;
  TRY(
      database.ask("INSERT INTO status_history (instance_id, application_id, group_id, at, "
                   "version, status, error_code) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   application.instance_id, application.application_id, application.group_id,
                   to_ms(now), is_granted ? application.granted_version : application.version,
                   number(application.status), int64_t{error_code}));
  return {};
}

}  // namespace

Result<std::optional<FleetMember>> find_member(sql::Database& database,
                                               std::string_view instance_id,
                                               std::string_view application_id) {
  static const std::string kStatement = format(
      "SELECT {} FROM instance_application a JOIN instance i ON i.id = a.instance_id "
      "WHERE a.instance_id = $1 AND a.application_id = $2",
      kMemberColumns);
  const sql::Rows rows = TRY(database.ask(kStatement, text(instance_id), text(application_id)));
  if (rows.empty()) return std::nullopt;
  return member_of(rows.front());
}

Result<void> save_member(sql::Database& database, const std::optional<FleetMember>& before,
                         const FleetMember& after, WallTime now, int error_code) {
  if (!before || before->instance != after.instance) TRY(write_instance(database, after.instance));
  TRY(write_application(database, before, after.application));
  TRY(recount(database, before, after));
  const bool has_changed = before ? before->application.status != after.application.status
                                  : after.application.status != Status::kUndefined;
  if (!has_changed) return {};
  return note_status(database, after.application, now, error_code);
}

Result<void> set_alias(sql::Database& database, std::string_view instance_id,
                       std::string_view alias) {
  const auto met = TRY(database.ask("UPDATE instance SET alias = $2 WHERE id = $1 RETURNING id",
                                    text(instance_id), text(alias)));
  return check_met(met, "instance", instance_id);
}

Result<int64_t> retire_absent(sql::Database& database, WallTime now) {
  static const std::string kStatement = format(
      "SELECT {} FROM instance_application a JOIN instance i ON i.id = a.instance_id "
      "WHERE a.is_active = 1 AND a.last_check < $1 ORDER BY a.instance_id LIMIT 10000",
      kMemberColumns);
  const sql::Rows rows = TRY(database.ask(kStatement, to_ms(now - kSeenWithin)));
  for (const sql::Row& row : rows) {
    const FleetMember before = member_of(row);
    FleetMember after = before;
    after.application.is_active = false;
    TRY(save_member(database, before, after, now));
  }
  return static_cast<int64_t>(rows.size());
}

Result<int64_t> forget_absent(sql::Database& database, WallTime before) {
  const sql::Rows rows =
      TRY(database.ask("DELETE FROM instance_application WHERE is_active = 0 AND last_check < $1 "
                       "RETURNING instance_id, application_id",
                       to_ms(before)));
  for (const sql::Row& row : rows) {
    for (const char* table : {"status_history", "event"}) {
      TRY(database.ask(
          format("DELETE FROM {} WHERE instance_id = $1 AND application_id = $2", table),
          row.text(0), row.text(1)));
    }
    TRY(
        database.ask("DELETE FROM instance WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM "
                     "instance_application a WHERE a.instance_id = $2)",
                     row.text(0), row.text(0)));
  }
  return static_cast<int64_t>(rows.size());
}

namespace {

constexpr int64_t kMostAtOnce = 5000;

// The oldest go first, those of one millisecond together.
Result<int64_t> drop_old(sql::Database& database, std::string_view table, int64_t before) {
  const sql::Rows last =
      TRY(database.ask(format("SELECT MAX(at) FROM (SELECT at FROM {} WHERE at < $1 ORDER BY at "
                              "LIMIT $2) AS oldest",
                              table),
                       before, kMostAtOnce));
  if (last.empty() || last.front().is_null(0)) return int64_t{0};
  const sql::Rows gone = TRY(database.ask(
      format("DELETE FROM {} WHERE at <= $1 RETURNING 1", table), last.front().integer(0)));
  return static_cast<int64_t>(gone.size());
}

}  // namespace

Result<int64_t> forget_history(sql::Database& database, WallTime before) {
  int64_t gone = 0;
  for (const char* table : {"status_history", "event", "activity"}) {
    gone += TRY(drop_old(database, table, to_ms(before)));
  }
  return gone;
}

namespace {

// How many of the group's machines were given `version`, are not updating any more, and
// what became of them.
Result<void> count_outcomes(sql::Database& database, std::string_view group_id,
                            std::string_view version, Counts& counts) {
  for (const sql::Row& row : TRY(database.ask(
           "SELECT granted_version, status, CAST(SUM(machines) AS BIGINT) FROM fleet_count "
           "WHERE group_id = $1 GROUP BY granted_version, status",
           text(group_id)))) {
    const auto status = static_cast<Status>(row.integer(1));
    const auto machines = static_cast<uint32_t>(row.integer(2));
    counts.instances += machines;
    if (row.text(0) != version || is_updating(status)) continue;
    counts.attempted += machines;
    if (status == Status::kComplete) counts.succeeded += machines;
    if (status == Status::kError) counts.failed += machines;
  }
  return {};
}

}  // namespace

Result<Counts> counts_of(sql::Database& database, std::string_view group_id,
                         std::string_view version, const Policy& policy, WallTime now) {
  Counts counts;
  TRY(count_outcomes(database, group_id, version, counts));
  const sql::Rows granted =
      TRY(database.ask("SELECT COUNT(*) FROM instance_application WHERE group_id = $1 AND "
                       "granted_at > 0 AND granted_at > $2",
                       text(group_id), to_ms(now - policy.period)));
  counts.granted_in_period = static_cast<uint32_t>(granted.front().integer(0));
  const sql::Rows updating = TRY(database.ask(
      "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN granted_at < $2 THEN 1 ELSE 0 END), 0) AS "
      "BIGINT) FROM instance_application WHERE group_id = $1 AND is_updating = 1",
      text(group_id), to_ms(now - policy.timeout)));
  counts.timed_out = static_cast<uint32_t>(updating.front().integer(1));
  counts.updating = static_cast<uint32_t>(updating.front().integer(0)) - counts.timed_out;
  return counts;
}

}  // namespace argosy::update_service::store
