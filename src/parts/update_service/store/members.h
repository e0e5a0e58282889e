// Rows of machines. Private to this folder.
#pragma once

#include <string_view>

#include "lib/sql/database.h"
#include "parts/update_service/model/fleet.h"

namespace argosy::update_service::store {

// A machine that was not seen for so long does not count.
inline constexpr Duration kSeenWithin = hours(24);

// Of instance i and instance_application a, for member_of.
inline constexpr std::string_view kMemberColumns =
    "i.id, i.ip, i.alias, i.machine_alias, i.oem, i.oem_version, i.aleph_version, i.created, "
    "a.application_id, a.group_id, a.version, a.status, a.created, a.last_check, a.granted_at, "
    "a.granted_version, a.is_updating, a.is_active";
model::FleetMember member_of(const sql::Row& row);
Status status_of(int64_t number);

}  // namespace argosy::update_service::store
