#include "parts/update_service/store/catalog_store.h"

#include "base/format.h"
#include "parts/update_service/store/fleet_store.h"
#include "parts/update_service/store/values.h"
#include "sys/random/random.h"

namespace argosy::update_service::store {
namespace {

// The same words on both databases, and which name it is.
template <typename T>
Result<T> said_as_taken(Result<T> outcome, std::string_view what) {
  if (outcome || outcome.error().code() != Code::kAlreadyExists) return outcome;
  return fail(Code::kAlreadyExists, format("there is {} already", what));
}

template <typename Record>
void complete(Record& record, WallTime now) {
  if (record.id.empty()) record.id = new_id();
  if (record.created == WallTime{}) record.created = now;
  record.created = time_of(to_ms(record.created));
}

sql::Value product_id_value(const model::Application& application) {
  if (!application.product_id) return std::monostate();
  return *application.product_id;
}

Result<void> write_files(sql::Database& database, const model::Package& package) {
  TRY(database.ask("DELETE FROM package_file WHERE package_id = $1", package.id));
  int64_t place = 0;
  for (const model::PackageFile& file : package.extra_files) {
    TRY(database.ask(
        "INSERT INTO package_file (package_id, place, name, size, sha1, sha256) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        package.id, place++, file.name, static_cast<int64_t>(file.size), file.sha1, file.sha256));
  }
  return {};
}

Result<void> check_belongs(sql::Database& database, std::string_view package_id,
                           const model::Channel& channel) {
  const sql::Rows rows = TRY(database.ask(
      "SELECT application_id, arch, source_version FROM package WHERE id = $1", text(package_id)));
  if (rows.empty()) return fail(Code::kNotFound, format("no package {}", package_id));
  if (rows.front().text(0) != channel.application_id) {
    return fail(Code::kInvalidArgument, "the package is of another application");
  }
  if (rows.front().integer(1) != number(channel.arch)) {
    return fail(Code::kInvalidArgument, "the package is of another arch");
  }
  if (!rows.front().text(2).empty()) {
    return fail(Code::kInvalidArgument, "a delta is no version of its own");
  }
  return {};
}

Result<void> write_lists(sql::Database& database, const model::Channel& channel) {
  TRY(database.ask("DELETE FROM channel_blacklist WHERE channel_id = $1", channel.id));
  TRY(database.ask("DELETE FROM channel_floor WHERE channel_id = $1", channel.id));
  for (const std::string& package_id : channel.blacklist) {
    TRY(check_belongs(database, package_id, channel));
    TRY(database.ask("INSERT INTO channel_blacklist (channel_id, package_id) VALUES ($1, $2)",
                     channel.id, package_id));
  }
  for (const model::Floor& floor : channel.floors) {
    TRY(check_belongs(database, floor.package_id, channel));
    TRY(database.ask(
        "INSERT INTO channel_floor (channel_id, package_id, reason) VALUES ($1, $2, $3)",
        channel.id, floor.package_id, floor.reason));
  }
  return {};
}

Result<void> check_application(sql::Database& database, std::string_view id) {
  const auto rows = TRY(database.ask("SELECT id FROM application WHERE id = $1", text(id)));
  return check_met(rows, "application", id);
}

Result<void> note_new_package(sql::Database& database, const model::Channel& channel,
                              WallTime now) {
  const sql::Rows rows =
      TRY(database.ask("SELECT version FROM package WHERE id = $1", channel.package_id));
  model::Activity activity;
  activity.at = now;
  activity.kind = model::ActivityClass::kChannelPackageUpdated;
  activity.severity = model::Severity::kInfo;
  activity.version = rows.empty() ? "" : rows.front().text(0);
  activity.application_id = channel.application_id;
  activity.channel_id = channel.id;
  return add_activity(database, activity);
}

Result<void> remove_by_id(sql::Database& database, std::string_view statement,
                          std::string_view what, std::string_view id) {
  const sql::Rows met = TRY(database.ask(statement, text(id)));
  TRY(check_met(met, what, id));
  return touch(database);
}

}  // namespace

// Not a count: what was rolled back must not look like what came instead of it.
Result<void> touch(sql::Database& database) {
  TRY(database.ask("UPDATE catalog SET generation = $1",
                   static_cast<int64_t>(real_random().next() >> 1)));
  return {};
}

Result<void> check_met(const sql::Rows& rows, std::string_view what, std::string_view id) {
  if (!rows.empty()) return {};
  return fail(Code::kNotFound, format("no {} {}", what, id));
}

std::string new_id() {
  Bytes raw(16, '\0');
  store_be64(raw.data(), (real_random().next() & ~uint64_t{0xF000}) | 0x4000);
  store_be64(raw.data() + 8, (real_random().next() & ~(uint64_t{3} << 62)) | uint64_t{1} << 63);
  const std::string hex = to_hex(raw);
  return format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                hex.substr(16, 4), hex.substr(20));
}

Result<bool> add_defaults(sql::Database& database, WallTime now) {
  if (!TRY(database.ask("SELECT id FROM application")).empty()) return false;
  const model::Catalog defaults = model::default_catalog();
  for (const auto& application : defaults.applications) TRY(add(database, application, now));
  for (const auto& channel : defaults.channels) TRY(add(database, channel, now));
  for (const auto& group : defaults.groups) TRY(add(database, group, now));
  return true;
}

Result<model::Application> add(sql::Database& database, model::Application application,
                               WallTime now) {
  TRY(check_valid(application));
  complete(application, now);
  TRY(said_as_taken(database.ask("INSERT INTO application (id, product_id, name, description, "
                                 "created) VALUES ($1, $2, $3, $4, $5)",
                                 application.id, product_id_value(application), application.name,
                                 application.description, to_ms(application.created)),
                    "an application of this name or product id"));
  TRY(touch(database));
  return application;
}

Result<void> change(sql::Database& database, const model::Application& application) {
  TRY(check_valid(application));
  const auto met = TRY(said_as_taken(
      database.ask("UPDATE application SET product_id = $2, name = $3, description = $4 "
                   "WHERE id = $1 RETURNING id",
                   application.id, product_id_value(application), application.name,
                   application.description),
      "an application of this name or product id"));
  TRY(check_met(met, "application", application.id));
  return touch(database);
}

Result<model::Package> add(sql::Database& database, model::Package package, WallTime now) {
  TRY(check_valid(package));
  TRY(check_application(database, package.application_id));
  complete(package, now);
  TRY(said_as_taken(
      database.ask("INSERT INTO package (id, application_id, type, arch, version, source_version, "
                   "description, url, filename, size, sha1, sha256, is_for_update_engine, created) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                   package.id, package.application_id, number(package.type), number(package.arch),
                   package.version, package.source_version, package.description, package.url,
                   package.filename, static_cast<int64_t>(package.size), package.sha1,
                   package.sha256, truth(package.is_for_update_engine), to_ms(package.created)),
      "a package of this version and arch"));
  TRY(write_files(database, package));
  TRY(touch(database));
  return package;
}

Result<void> change(sql::Database& database, const model::Package& package) {
  TRY(check_valid(package));
  const auto met = TRY(said_as_taken(
      database.ask("UPDATE package SET type = $2, arch = $3, version = $4, source_version = $5, "
                   "description = $6, url = $7, filename = $8, size = $9, sha1 = $10, "
                   "sha256 = $11, is_for_update_engine = $12 WHERE id = $1 RETURNING id",
                   package.id, number(package.type), number(package.arch), package.version,
                   package.source_version, package.description, package.url, package.filename,
                   static_cast<int64_t>(package.size), package.sha1, package.sha256,
                   truth(package.is_for_update_engine)),
      "a package of this version and arch"));
  TRY(check_met(met, "package", package.id));
  TRY(write_files(database, package));
  return touch(database);
}

Result<model::Channel> add(sql::Database& database, model::Channel channel, WallTime now) {
  TRY(check_valid(channel));
  TRY(check_application(database, channel.application_id));
  complete(channel, now);
  if (!channel.package_id.empty()) TRY(check_belongs(database, channel.package_id, channel));
  TRY(said_as_taken(
      database.ask("INSERT INTO channel (id, application_id, name, color, arch, package_id, "
                   "forces_rollback, is_pinned, created, metadata) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                   channel.id, channel.application_id, channel.name, channel.color,
                   number(channel.arch), channel.package_id, truth(channel.forces_rollback),
                   truth(channel.is_pinned), to_ms(channel.created), channel.metadata),
      "a channel of this name and arch"));
  TRY(write_lists(database, channel));
  TRY(touch(database));
  return channel;
}

Result<void> change(sql::Database& database, const model::Channel& channel, WallTime now) {
  TRY(check_valid(channel));
  const auto before = TRY(database.ask("SELECT package_id FROM channel WHERE id = $1", channel.id));
  TRY(check_met(before, "channel", channel.id));
  if (!channel.package_id.empty()) TRY(check_belongs(database, channel.package_id, channel));
  TRY(said_as_taken(
      database.ask("UPDATE channel SET name = $2, color = $3, arch = $4, package_id = $5, "
                   "forces_rollback = $6, is_pinned = $7, metadata = $8 WHERE id = $1",
                   channel.id, channel.name, channel.color, number(channel.arch),
                   channel.package_id, truth(channel.forces_rollback), truth(channel.is_pinned),
                   channel.metadata),
      "a channel of this name and arch"));
  TRY(write_lists(database, channel));
  const bool is_new = !channel.package_id.empty() && before.front().text(0) != channel.package_id;
  if (is_new) TRY(note_new_package(database, channel, now));
  return touch(database);
}

Result<void> remove_application(sql::Database& database, std::string_view id) {
  for (const char* table :
       {"instance_application", "status_history", "event", "activity", "fleet_count"}) {
    TRY(database.ask(format("DELETE FROM {} WHERE application_id = $1", table), text(id)));
  }
  return remove_by_id(database, "DELETE FROM application WHERE id = $1 RETURNING id", "application",
                      id);
}

Result<void> remove_package(sql::Database& database, std::string_view id) {
  const auto users =
      TRY(database.ask("SELECT name FROM channel WHERE package_id = $1 ORDER BY name", text(id)));
  if (!users.empty()) {
    return fail(Code::kFailedPrecondition,
                format("the channel {} offers the package", users.front().text(0)));
  }
  return remove_by_id(database, "DELETE FROM package WHERE id = $1 RETURNING id", "package", id);
}

Result<void> remove_channel(sql::Database& database, std::string_view id) {
  TRY(database.ask("UPDATE fleet_group SET channel_id = '' WHERE channel_id = $1", text(id)));
  return remove_by_id(database, "DELETE FROM channel WHERE id = $1 RETURNING id", "channel", id);
}

}  // namespace argosy::update_service::store
