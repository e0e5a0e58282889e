// Lists of machines, of what happened to them, and of activity, page by page.
#include <algorithm>

#include "base/format.h"
#include "parts/update_service/store/fleet_store.h"
#include "parts/update_service/store/members.h"
#include "parts/update_service/store/values.h"

namespace argosy::update_service::store {
namespace {

constexpr uint64_t kMaxPerPage = 10'000;

// A WHERE that grows with what is asked for.
class Conditions {
 public:
  // `test` has a {} for each use of the value.
  void add(std::string_view test, sql::Value value) {
    values_.push_back(std::move(value));
    text_ += format("{} {}", text_.empty() ? " WHERE" : " AND",
                    fmt::format(fmt::runtime(test), format("${}", values_.size())));
  }
  void add_text(std::string_view column, const std::string& value) {
    if (!value.empty()) add(format("{} = {{}}", column), value);
  }

  Result<sql::Rows> run(sql::Database& database, std::string_view select,
                        std::string_view order = "") const {
    return database.query(format("{}{}{}", select, text_, order), values_);
  }

 private:
  std::string text_;
  std::vector<sql::Value> values_;
};

// What LIKE takes as it is.
std::string like_pattern(std::string_view part) {
  std::string pattern = "%";
  for (const char c : part) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern + "%";
}

Conditions conditions_of(const InstanceFilter& filter) {
  Conditions conditions;
  conditions.add_text("a.application_id", filter.application_id);
  conditions.add_text("a.group_id", filter.group_id);
  conditions.add_text("a.version", filter.version);
  if (filter.status) conditions.add("a.status = {}", number(*filter.status));
  if (filter.since) conditions.add("a.last_check >= {}", to_ms(*filter.since));
  if (filter.search.empty()) return conditions;
  const std::string pattern = like_pattern(filter.search);
  conditions.add(
      "LOWER(i.id || ' ' || i.ip || ' ' || i.alias || ' ' || i.machine_alias) "
      "LIKE LOWER({}) ESCAPE '!'",
      pattern);
  return conditions;
}

std::string_view column_of(InstanceOrder order) {
  switch (order) {
    case InstanceOrder::kId:
      return "i.id";
    case InstanceOrder::kIp:
      return "i.ip";
    case InstanceOrder::kLastCheck:
      return "a.last_check";
    case InstanceOrder::kVersion:
      return "a.version";
    case InstanceOrder::kStatus:
      return "a.status";
    case InstanceOrder::kAlias:
      return "i.alias";
  }
  return "i.id";
}

std::string page_text(uint64_t page, uint64_t per_page) {
  const uint64_t limit = std::clamp<uint64_t>(per_page, 1, kMaxPerPage);
  const uint64_t skipped = std::min<uint64_t>(std::max<uint64_t>(page, 1) - 1, 1'000'000'000);
  return format(" LIMIT {} OFFSET {}", limit, skipped * limit);
}

Conditions conditions_of(const ActivityFilter& filter) {
  Conditions conditions;
  conditions.add_text("application_id", filter.application_id);
  conditions.add_text("group_id", filter.group_id);
  conditions.add_text("channel_id", filter.channel_id);
  conditions.add_text("instance_id", filter.instance_id);
  conditions.add_text("version", filter.version);
  if (filter.severity) conditions.add("severity = {}", number(*filter.severity));
  if (filter.start != WallTime{}) conditions.add("at >= {}", to_ms(filter.start));
  if (filter.end) conditions.add("at <= {}", to_ms(*filter.end));
  return conditions;
}

constexpr std::string_view kFromMembers =
    "FROM instance_application a JOIN instance i ON i.id = a.instance_id";

}  // namespace

Status status_of(int64_t value) {
  const bool is_known = value >= number(Status::kUndefined) && value <= number(Status::kOnHold);
  return is_known ? static_cast<Status>(value) : Status::kUndefined;
}

model::FleetMember member_of(const sql::Row& row) {
  model::FleetMember member;
  model::Instance& instance = member.instance;
  instance.id = row.text(0);
  instance.ip = row.text(1);
  instance.alias = row.text(2);
  instance.machine_alias = row.text(3);
  instance.oem = row.text(4);
  instance.oem_version = row.text(5);
  instance.aleph_version = row.text(6);
  instance.created = time_of(row.integer(7));
  model::InstanceApplication& application = member.application;
  application.instance_id = row.text(0);
  application.application_id = row.text(8);
  application.group_id = row.text(9);
  application.version = row.text(10);
  application.status = status_of(row.integer(11));
  application.created = time_of(row.integer(12));
  application.last_check = time_of(row.integer(13));
  if (row.integer(14) != 0) application.granted_at = time_of(row.integer(14));
  application.granted_version = row.text(15);
  application.is_updating = row.boolean(16);
  application.is_active = row.boolean(17);
  return member;
}

Result<std::vector<model::FleetMember>> list_members(sql::Database& database,
                                                     const InstanceFilter& filter) {
  const std::string_view direction = filter.is_descending ? "DESC" : "ASC";
  const std::string order = format(" ORDER BY {} {}, i.id {}{}", column_of(filter.order), direction,
                                   direction, page_text(filter.page, filter.per_page));
  const sql::Rows rows = TRY(conditions_of(filter).run(
      database, format("SELECT {} {}", kMemberColumns, kFromMembers), order));
  std::vector<model::FleetMember> members;
  members.reserve(rows.size());
  for (const sql::Row& row : rows) members.push_back(member_of(row));
  return members;
}

Result<uint64_t> count_members(sql::Database& database, const InstanceFilter& filter) {
  const sql::Rows rows =
      TRY(conditions_of(filter).run(database, format("SELECT COUNT(*) {}", kFromMembers)));
  return static_cast<uint64_t>(rows.front().integer(0));
}

Result<std::vector<model::StatusChange>> status_history(sql::Database& database,
                                                        std::string_view instance_id,
                                                        std::string_view application_id,
                                                        std::string_view group_id, uint64_t limit) {
  Conditions conditions;
  conditions.add("instance_id = {}", text(instance_id));
  conditions.add_text("application_id", text(application_id));
  conditions.add_text("group_id", text(group_id));
  std::vector<model::StatusChange> history;
  for (const sql::Row& row : TRY(conditions.run(
           database, "SELECT at, group_id, version, status, error_code FROM status_history",
           " ORDER BY at DESC" + page_text(1, limit)))) {
    history.push_back({.at = time_of(row.integer(0)),
                       .group_id = row.text(1),
                       .version = row.text(2),
                       .status = status_of(row.integer(3)),
                       .error_code = static_cast<int>(row.integer(4))});
  }
  return history;
}

Result<void> add_event(sql::Database& database, const model::EventRecord& event) {
  TRY(
      database.ask("INSERT INTO event (instance_id, application_id, at, type, result, error_code, "
                   "previous_version) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   event.instance_id, event.application_id, to_ms(event.at), int64_t{event.type},
                   int64_t{event.result}, int64_t{event.error_code}, event.previous_version));
  return {};
}

Result<std::vector<model::EventRecord>> events_of(sql::Database& database,
                                                  std::string_view instance_id,
                                                  std::string_view application_id, uint64_t limit) {
  Conditions conditions;
  conditions.add("instance_id = {}", text(instance_id));
  conditions.add_text("application_id", text(application_id));
  std::vector<model::EventRecord> events;
  for (const sql::Row& row : TRY(conditions.run(
           database,
           "SELECT at, application_id, type, result, error_code, previous_version FROM event",
           " ORDER BY at DESC" + page_text(1, limit)))) {
    events.push_back({.at = time_of(row.integer(0)),
                      .instance_id = text(instance_id),
                      .application_id = row.text(1),
                      .type = static_cast<int>(row.integer(2)),
                      .result = static_cast<int>(row.integer(3)),
                      .error_code = static_cast<int>(row.integer(4)),
                      .previous_version = row.text(5)});
  }
  return events;
}

Result<void> add_activity(sql::Database& database, const model::Activity& activity) {
  TRY(database.ask(
      "INSERT INTO activity (at, kind, severity, version, application_id, group_id, "
      "channel_id, instance_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      to_ms(activity.at), number(activity.kind), number(activity.severity), activity.version,
      activity.application_id, activity.group_id, activity.channel_id, activity.instance_id));
  return {};
}

Result<std::vector<model::Activity>> list_activity(sql::Database& database,
                                                   const ActivityFilter& filter) {
  std::vector<model::Activity> activities;
  for (const sql::Row& row : TRY(conditions_of(filter).run(
           database,
           "SELECT at, kind, severity, version, application_id, group_id, channel_id, instance_id "
           "FROM activity",
           " ORDER BY at DESC" + page_text(filter.page, filter.per_page)))) {
    activities.push_back({.at = time_of(row.integer(0)),
                          .kind = static_cast<model::ActivityClass>(row.integer(1)),
                          .severity = static_cast<model::Severity>(row.integer(2)),
                          .version = row.text(3),
                          .application_id = row.text(4),
                          .group_id = row.text(5),
                          .channel_id = row.text(6),
                          .instance_id = row.text(7)});
  }
  return activities;
}

Result<uint64_t> count_activity(sql::Database& database, const ActivityFilter& filter) {
  const sql::Rows rows = TRY(conditions_of(filter).run(database, "SELECT COUNT(*) FROM activity"));
  return static_cast<uint64_t>(rows.front().integer(0));
}

}  // namespace argosy::update_service::store
