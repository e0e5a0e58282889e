// Records as Nebraska's API writes them. Private to this folder.
#pragma once

#include "lib/json/json.h"
#include "parts/update_service/auth/accounts.h"
#include "parts/update_service/model/catalog.h"
#include "parts/update_service/model/fleet.h"

namespace argosy::update_service::api {

json::Value to_json(const model::Catalog& catalog, const model::Package& package);
json::Value to_json(const model::Catalog& catalog, const model::Channel& channel);
json::Value to_json(const model::Catalog& catalog, const model::Group& group);
json::Value to_json(const model::Catalog& catalog, const model::Application& application,
                    uint64_t instances);
json::Value to_json(const model::FleetMember& member);
json::Value to_json(const model::StatusChange& change);
json::Value to_json(const model::Catalog& catalog, const model::Activity& activity);
json::Value to_json(const auth::User& user);
json::Value to_json(const auth::Token& token);
json::Value to_json(const auth::AuditEntry& entry);

}  // namespace argosy::update_service::api
