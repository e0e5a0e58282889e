#include "base/format.h"
#include "parts/update_service/store/catalog_store.h"
#include "parts/update_service/store/values.h"

namespace argosy::update_service::store {
namespace {

// In the order of kInsert's and kUpdate's parameters from $3 on.
std::vector<sql::Value> fields_of(const model::Group& group) {
  const Policy& policy = group.policy;
  std::vector<sql::Value> values{group.id,
                                 group.application_id,
                                 group.name,
                                 group.description,
                                 group.track,
                                 group.channel_id,
                                 group.time_zone,
                                 truth(group.is_rolling_out),
                                 truth(policy.updates_enabled),
                                 truth(policy.safe_mode),
                                 truth(policy.office_hours),
                                 int64_t{policy.max_updates},
                                 to_ms(policy.period),
                                 to_ms(policy.timeout),
                                 int64_t{policy.percent},
                                 truth(policy.hurries_on_demand)};
  values.emplace_back(group.ramp ? to_ms(group.ramp->start) : int64_t{0});
  values.emplace_back(group.ramp ? to_ms(group.ramp->length) : int64_t{0});
  values.emplace_back(group.ramp ? to_ms(group.ramp->frame) : int64_t{0});
  return values;
}

constexpr std::string_view kInsert =
    "INSERT INTO fleet_group (id, application_id, name, description, track, channel_id, "
    "time_zone, is_rolling_out, updates_enabled, safe_mode, office_hours, max_updates, period, "
    "timeout, percent, hurries_on_demand, ramp_start, ramp_length, ramp_frame, created) VALUES "
    "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
constexpr std::string_view kUpdate =
    "UPDATE fleet_group SET name = $3, description = $4, track = $5, channel_id = $6, "
    "time_zone = $7, is_rolling_out = $8, updates_enabled = $9, safe_mode = $10, "
    "office_hours = $11, max_updates = $12, period = $13, timeout = $14, percent = $15, "
    "hurries_on_demand = $16, ramp_start = $17, ramp_length = $18, ramp_frame = $19 "
    "WHERE id = $1 AND application_id = $2 RETURNING id";

Result<void> write_windows(sql::Database& database, const model::Group& group) {
  TRY(database.ask("DELETE FROM group_window WHERE group_id = $1", group.id));
  int64_t place = 0;
  for (const Window& window : group.policy.windows) {
    TRY(
        database.ask("INSERT INTO group_window (group_id, place, weekday, first_minute, minutes) "
                     "VALUES ($1, $2, $3, $4, $5)",
                     group.id, place++, int64_t{window.weekday}, int64_t{window.first_minute},
                     int64_t{window.minutes}));
  }
  return {};
}

Result<void> check_channel(sql::Database& database, const model::Group& group) {
  if (group.channel_id.empty()) return {};
  const auto rows =
      TRY(database.ask("SELECT application_id FROM channel WHERE id = $1", group.channel_id));
  TRY(check_met(rows, "channel", group.channel_id));
  if (rows.front().text(0) == group.application_id) return {};
  return fail(Code::kInvalidArgument, "the channel is of another application");
}

Result<sql::Rows> named(Result<sql::Rows> outcome) {
  if (outcome || outcome.error().code() != Code::kAlreadyExists) return outcome;
  return fail(Code::kAlreadyExists, "there is a group of this name already");
}

}  // namespace

Result<model::Group> add(sql::Database& database, model::Group group, WallTime now) {
  TRY(check_valid(group));
  TRY(check_channel(database, group));
  const auto owner =
      TRY(database.ask("SELECT id FROM application WHERE id = $1", group.application_id));
  TRY(check_met(owner, "application", group.application_id));
  if (group.id.empty()) group.id = new_id();
  if (group.created == WallTime{}) group.created = now;
  group.created = time_of(to_ms(group.created));
  auto values = fields_of(group);
  values.emplace_back(to_ms(group.created));
  TRY(named(database.query(kInsert, values)));
  TRY(write_windows(database, group));
  TRY(touch(database));
  return group;
}

Result<void> change(sql::Database& database, const model::Group& group) {
  TRY(check_valid(group));
  TRY(check_channel(database, group));
  const sql::Rows met = TRY(named(database.query(kUpdate, fields_of(group))));
  TRY(check_met(met, "group", group.id));
  TRY(write_windows(database, group));
  return touch(database);
}

Result<void> remove_group(sql::Database& database, std::string_view id) {
  for (const char* table :
       {"instance_application", "status_history", "activity", "fleet_count", "fleet_sample"}) {
    TRY(database.ask(format("DELETE FROM {} WHERE group_id = $1", table), text(id)));
  }
  const auto met =
      TRY(database.ask("DELETE FROM fleet_group WHERE id = $1 RETURNING id", text(id)));
  TRY(check_met(met, "group", id));
  return touch(database);
}

Result<void> set_updates_enabled(sql::Database& database, std::string_view group_id, bool enabled) {
  const auto met =
      TRY(database.ask("UPDATE fleet_group SET updates_enabled = $2 WHERE id = $1 RETURNING id",
                       text(group_id), truth(enabled)));
  TRY(check_met(met, "group", group_id));
  return touch(database);
}

Result<void> set_rolling_out(sql::Database& database, std::string_view group_id, bool rolling_out) {
  const auto met =
      TRY(database.ask("UPDATE fleet_group SET is_rolling_out = $2 WHERE id = $1 RETURNING id",
                       text(group_id), truth(rolling_out)));
  TRY(check_met(met, "group", group_id));
  return touch(database);
}

}  // namespace argosy::update_service::store
