// API tokens: 256 random bits, so that a plain SHA-256 of one gives nothing away; only that
// is stored. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "sys/random/random.h"

namespace argosy::update_service::auth {

// "argosy_" and 64 hex digits.
std::string new_token(Random& random);
// 64 hex digits, of at most the first 512 bytes.
std::string token_hash(std::string_view token);
// 32 hex digits, for a token's name.
std::string new_token_id(Random& random);

}  // namespace argosy::update_service::auth
