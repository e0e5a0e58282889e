// What the API's answers have in common. Private to this folder.
#pragma once

#include <string_view>

#include "io/http/exchange.h"
#include "parts/update_service/auth/identity.h"

namespace argosy::update_service::api {

inline constexpr std::string_view kJson = "application/json; charset=utf-8";

// No caches, no guesses at the type.
Headers safe_headers();
// {"error": ..., "description": ...}, as Nebraska's clients read it.
void refuse(Exchange& exchange, int status, std::string_view name, std::string_view description);
// With the status that fits the code; of what is our own fault only the log has the text.
void refuse(Exchange& exchange, const Error& error);
void refuse_role(Exchange& exchange, auth::Role least, const auth::Identity& identity);

}  // namespace argosy::update_service::api
