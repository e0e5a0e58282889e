#include <algorithm>

#include "parts/update_service/store/catalog_store.h"
#include "parts/update_service/store/values.h"

namespace argosy::update_service::store {
namespace {

using model::Catalog;
using sql::Row;

Result<void> load_applications(sql::Database& database, Catalog& catalog) {
  for (const Row& row : TRY(database.ask("SELECT id, product_id, name, description, created "
                                         "FROM application ORDER BY created, id"))) {
    model::Application application;
    application.id = row.text(0);
    if (!row.is_null(1)) application.product_id = row.text(1);
    application.name = row.text(2);
    application.description = row.text(3);
    application.created = time_of(row.integer(4));
    catalog.applications.push_back(std::move(application));
  }
  return {};
}

model::Package package_of(const Row& row) {
  model::Package package;
  package.id = row.text(0);
  package.application_id = row.text(1);
  package.type = model::package_type_by_number(row.integer(2)).value_or(model::PackageType::kOther);
  package.arch = model::arch_by_number(row.integer(3)).value_or(model::Arch::kAll);
  package.version = row.text(4);
  package.source_version = row.text(5);
  package.description = row.text(6);
  package.url = row.text(7);
  package.filename = row.text(8);
  package.size = static_cast<uint64_t>(row.integer(9));
  package.sha1 = row.text(10);
  package.sha256 = row.text(11);
  package.is_for_update_engine = row.boolean(12);
  package.created = time_of(row.integer(13));
  return package;
}

template <typename T>
T* owner_of(std::vector<T>& all, const std::string& id) {
  const auto place = std::ranges::find(all, id, &T::id);
  return place == all.end() ? nullptr : &*place;
}

Result<void> load_packages(sql::Database& database, Catalog& catalog) {
  for (const Row& row : TRY(database.ask(
           "SELECT id, application_id, type, arch, version, source_version, description, url, "
           "filename, size, sha1, sha256, is_for_update_engine, created FROM package "
           "ORDER BY created DESC, id"))) {
    catalog.packages.push_back(package_of(row));
  }
  for (const Row& row : TRY(database.ask("SELECT package_id, name, size, sha1, sha256 "
                                         "FROM package_file ORDER BY package_id, place"))) {
    auto* package = owner_of(catalog.packages, row.text(0));
    if (package == nullptr) continue;
    package->extra_files.push_back({.name = row.text(1),
                                    .size = static_cast<uint64_t>(row.integer(2)),
                                    .sha1 = row.text(3),
                                    .sha256 = row.text(4)});
  }
  return {};
}

Result<void> load_channels(sql::Database& database, Catalog& catalog) {
  for (const Row& row : TRY(database.ask(
           "SELECT id, application_id, name, color, arch, package_id, forces_rollback, is_pinned, "
           "created, metadata FROM channel ORDER BY name, arch, id"))) {
    model::Channel channel;
    channel.id = row.text(0);
    channel.application_id = row.text(1);
    channel.name = row.text(2);
    channel.color = row.text(3);
    channel.arch = model::arch_by_number(row.integer(4)).value_or(model::Arch::kAll);
    channel.package_id = row.text(5);
    channel.forces_rollback = row.boolean(6);
    channel.is_pinned = row.boolean(7);
    channel.created = time_of(row.integer(8));
    channel.metadata = row.text(9);
    catalog.channels.push_back(std::move(channel));
  }
  for (const Row& row : TRY(database.ask("SELECT channel_id, package_id FROM channel_blacklist "
                                         "ORDER BY channel_id, package_id"))) {
    if (auto* channel = owner_of(catalog.channels, row.text(0))) {
      channel->blacklist.push_back(row.text(1));
    }
  }
  for (const Row& row : TRY(database.ask("SELECT channel_id, package_id, reason FROM "
                                         "channel_floor ORDER BY channel_id, package_id"))) {
    if (auto* channel = owner_of(catalog.channels, row.text(0))) {
      channel->floors.push_back({.package_id = row.text(1), .reason = row.text(2)});
    }
  }
  return {};
}

Policy policy_of(const Row& row) {
  Policy policy;
  policy.updates_enabled = row.boolean(8);
  policy.safe_mode = row.boolean(9);
  policy.office_hours = row.boolean(10);
  policy.max_updates = static_cast<uint32_t>(row.integer(11));
  policy.period = milliseconds(row.integer(12));
  policy.timeout = milliseconds(row.integer(13));
  policy.percent = static_cast<uint32_t>(row.integer(14));
  policy.hurries_on_demand = row.boolean(15);
  return policy;
}

model::Group group_of(const Row& row) {
  model::Group group;
  group.id = row.text(0);
  group.application_id = row.text(1);
  group.name = row.text(2);
  group.description = row.text(3);
  group.track = row.text(4);
  group.channel_id = row.text(5);
  group.time_zone = row.text(6);
  group.is_rolling_out = row.boolean(7);
  group.policy = policy_of(row);
  if (row.integer(17) != 0) {
    group.ramp = {.start = time_of(row.integer(16)),
                  .length = milliseconds(row.integer(17)),
                  .frame = milliseconds(row.integer(18))};
  }
  group.created = time_of(row.integer(19));
  return group;
}

Result<void> load_groups(sql::Database& database, Catalog& catalog) {
  for (const Row& row : TRY(database.ask(
           "SELECT id, application_id, name, description, track, channel_id, time_zone, "
           "is_rolling_out, updates_enabled, safe_mode, office_hours, max_updates, period, "
           "timeout, percent, hurries_on_demand, ramp_start, ramp_length, ramp_frame, created "
           "FROM fleet_group ORDER BY created, name, id"))) {
    catalog.groups.push_back(group_of(row));
  }
  for (const Row& row : TRY(database.ask("SELECT group_id, weekday, first_minute, minutes "
                                         "FROM group_window ORDER BY group_id, place"))) {
    auto* group = owner_of(catalog.groups, row.text(0));
    if (group == nullptr) continue;
    group->policy.windows.push_back({.weekday = static_cast<int>(row.integer(1)),
                                     .first_minute = static_cast<int>(row.integer(2)),
                                     .minutes = static_cast<int>(row.integer(3))});
  }
  return {};
}

}  // namespace

Result<int64_t> generation(sql::Database& database) {
  const sql::Rows rows = TRY(database.ask("SELECT generation FROM catalog"));
  if (rows.size() != 1) return fail(Code::kDataLoss, "the table catalog has not one row");
  return rows.front().integer(0);
}

// The generation is read first: what changes meanwhile is read again the next time.
Result<model::CatalogView> load_catalog(sql::Database& database) {
  auto catalog = std::make_shared<Catalog>();
  catalog->generation = TRY(generation(database));
  TRY(load_applications(database, *catalog));
  TRY(load_packages(database, *catalog));
  TRY(load_channels(database, *catalog));
  TRY(load_groups(database, *catalog));
  return catalog;
}

Result<model::CatalogView> fresh_catalog(sql::Database& database, model::CatalogView known) {
  if (known != nullptr && known->generation == TRY(generation(database))) return known;
  return load_catalog(database);
}

}  // namespace argosy::update_service::store
