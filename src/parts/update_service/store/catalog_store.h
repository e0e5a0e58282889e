// Applications, packages, channels and groups in the database. Functions that change
// something are called inside a transaction (Desk::write); each change gives the catalog
// another generation. Errors: NotFound, AlreadyExists (a name, version or product id that
// is taken), InvalidArgument (model's check_valid), FailedPrecondition (still in use).
#pragma once

#include "lib/sql/database.h"
#include "lib/sql/migrate.h"
#include "parts/update_service/model/catalog.h"

namespace argosy::update_service::store {

// The tables of this folder.
std::span<const sql::Step> steps();
// Born after those of parts/update_service/auth.
std::span<const sql::Step> history_steps();

Result<int64_t> generation(sql::Database& database);
Result<model::CatalogView> load_catalog(sql::Database& database);
// The same as `known` unless it is null or old.
Result<model::CatalogView> fresh_catalog(sql::Database& database, model::CatalogView known);
// Adds the default catalog to a database that has no applications; true if it did.
Result<bool> add_defaults(sql::Database& database, WallTime now);

// An empty id gets a new one, an epoch as `created` the time `now`; both are in what is
// returned.
Result<model::Application> add(sql::Database& database, model::Application application,
                               WallTime now);
Result<model::Package> add(sql::Database& database, model::Package package, WallTime now);
Result<model::Channel> add(sql::Database& database, model::Channel channel, WallTime now);
Result<model::Group> add(sql::Database& database, model::Group group, WallTime now);

// All fields but id, application and creation are those of the value. A channel whose
// package changes gets an activity.
Result<void> change(sql::Database& database, const model::Application& application);
Result<void> change(sql::Database& database, const model::Package& package);
Result<void> change(sql::Database& database, const model::Channel& channel, WallTime now);
Result<void> change(sql::Database& database, const model::Group& group);

// With all that belongs to it. A package that a channel offers cannot be removed; a channel
// that is removed leaves its groups without one.
Result<void> remove_application(sql::Database& database, std::string_view id);
Result<void> remove_package(sql::Database& database, std::string_view id);
Result<void> remove_channel(sql::Database& database, std::string_view id);
Result<void> remove_group(sql::Database& database, std::string_view id);

// Of safe mode and the rollout's progress, without touching what operators set.
Result<void> set_updates_enabled(sql::Database& database, std::string_view group_id, bool enabled);
Result<void> set_rolling_out(sql::Database& database, std::string_view group_id, bool rolling_out);

// A random (version 4) UUID.
std::string new_id();

}  // namespace argosy::update_service::store
