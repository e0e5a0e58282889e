// Users, their tokens, and the book of all that was changed, in the database. Functions that
// change something are called inside a transaction, together with the change that they note.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "lib/sql/database.h"
#include "lib/sql/migrate.h"
#include "parts/update_service/auth/identity.h"

namespace argosy::update_service::auth {

// The tables of this folder.
std::span<const sql::Step> steps();
// Born after parts/update_service/store's history_steps().
std::span<const sql::Step> session_steps();

struct User {
  std::string name;
  Role role = Role::kViewer;
  WallTime created{};

  bool operator==(const User&) const = default;
};
struct Token {
  std::string id;
  std::string user;
  std::string note;  // what it is for
  WallTime created{};
  std::optional<WallTime> expires;

  bool operator==(const Token&) const = default;
};

// AlreadyExists; InvalidArgument for a name that is not 1 to 64 of [a-zA-Z0-9._@-].
Result<void> add_user(sql::Database& database, const User& user);
Result<void> set_role(sql::Database& database, std::string_view name, Role role);
// With all tokens; NotFound.
Result<void> remove_user(sql::Database& database, std::string_view name);
Result<std::vector<User>> list_users(sql::Database& database);
Result<std::optional<User>> find_user(sql::Database& database, std::string_view name);

// `hash` is token_hash's. NotFound without the user.
Result<void> add_token(sql::Database& database, const Token& token, std::string_view hash);
Result<void> remove_token(sql::Database& database, std::string_view user, std::string_view id);
Result<std::vector<Token>> list_tokens(sql::Database& database, std::string_view user);

// Whose token it is; nothing: nobody's, or it has expired.
Result<std::optional<Identity>> identity_of_hash(sql::Database& database, std::string_view hash,
                                                 WallTime now);
Result<std::optional<Identity>> identity_of_token_id(sql::Database& database, std::string_view id,
                                                     WallTime now);

// Sessions that were ended before their time; kept until then, so that no server takes them.
// Inside a transaction.
Result<void> end_session(sql::Database& database, std::string_view id, WallTime end, WallTime now);
Result<bool> is_session_ended(sql::Database& database, std::string_view id);

struct AuditEntry {
  int64_t number = 0;  // from 1
  WallTime at{};
  std::string who;
  std::string action;         // "group.pause"
  std::string object;         // its id
  std::string before, after;  // JSON; empty: there was none

  bool operator==(const AuditEntry&) const = default;
};
Result<void> note(sql::Database& database, const AuditEntry& entry);
// The newest first.
Result<std::vector<AuditEntry>> list_audit(sql::Database& database, uint64_t page,
                                           uint64_t per_page);
Result<uint64_t> count_audit(sql::Database& database);

}  // namespace argosy::update_service::auth
