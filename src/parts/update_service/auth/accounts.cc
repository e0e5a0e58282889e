#include "parts/update_service/auth/accounts.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "base/text.h"
#include "parts/update_service/store/values.h"

namespace argosy::update_service::auth {
namespace {

using store::check_met;
using store::text;
using store::time_of;
using store::to_ms;

// Times are milliseconds since 1970; 0: none.
constexpr std::string_view kTables = R"sql(
CREATE TABLE operator_user (name TEXT PRIMARY KEY, role TEXT NOT NULL, created BIGINT NOT NULL);
CREATE TABLE operator_token (
  id TEXT PRIMARY KEY,
  user_name TEXT NOT NULL REFERENCES operator_user (name) ON DELETE CASCADE,
  hash TEXT NOT NULL UNIQUE, note TEXT NOT NULL, created BIGINT NOT NULL,
  expires BIGINT NOT NULL);
CREATE TABLE operator_audit (
  number BIGINT PRIMARY KEY, at BIGINT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL,
  object TEXT NOT NULL, before_value TEXT NOT NULL, after_value TEXT NOT NULL);
)sql";

constexpr std::array kSteps = {sql::Step{"operators: users, tokens, audit", kTables}};

constexpr std::string_view kSessions =
    "CREATE TABLE operator_session_end (id TEXT PRIMARY KEY, ends BIGINT NOT NULL)";
constexpr std::array kSessionSteps = {sql::Step{"operators: ended sessions", kSessions}};

constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxNoteBytes = 256;

bool is_name(std::string_view name) {
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._@-").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= kMaxNameBytes && std::ranges::all_of(name, is_good);
}

Role role_of(const std::string& name) {
  return parse_role(name).value_or(Role::kViewer);
}

User user_of(const sql::Row& row) {
  return {.name = row.text(0), .role = role_of(row.text(1)), .created = time_of(row.integer(2))};
}

Token token_of(const sql::Row& row) {
  Token token{.id = row.text(0),
              .user = row.text(1),
              .note = row.text(2),
              .created = time_of(row.integer(3)),
              .expires = {}};
  if (row.integer(4) != 0) token.expires = time_of(row.integer(4));
  return token;
}

Result<std::optional<Identity>> identity_where(sql::Database& database, std::string_view condition,
                                               std::string_view value, WallTime now) {
  const sql::Rows rows =
      TRY(database.ask(format("SELECT u.name, u.role, t.id, t.expires FROM operator_token t JOIN "
                              "operator_user u ON u.name = t.user_name WHERE {}",
                              condition),
                       text(value)));
  if (rows.empty()) return std::nullopt;
  const sql::Row& row = rows.front();
  if (row.integer(3) != 0 && row.integer(3) <= to_ms(now)) return std::nullopt;
  return Identity{.name = row.text(0), .role = role_of(row.text(1)), .token_id = row.text(2)};
}

}  // namespace

std::span<const sql::Step> steps() {
  return kSteps;
}

std::span<const sql::Step> session_steps() {
  return kSessionSteps;
}

Result<void> add_user(sql::Database& database, const User& user) {
  if (!is_name(user.name)) {
    return fail(Code::kInvalidArgument,
                format("a user's name is 1 to {} of [a-zA-Z0-9._@-], not {}", kMaxNameBytes,
                       go_quote(user.name.substr(0, 2 * kMaxNameBytes))));
  }
  const sql::Rows rows = TRY(database.ask(
      "INSERT INTO operator_user (name, role, created) VALUES ($1, $2, $3) ON CONFLICT (name) DO "
      "NOTHING RETURNING name",
      user.name, text(role_name(user.role)), to_ms(user.created)));
  if (rows.empty()) {
    return fail(Code::kAlreadyExists, format("there is a user {} already", go_quote(user.name)));
  }
  return {};
}

Result<void> set_role(sql::Database& database, std::string_view name, Role role) {
  return check_met(TRY(database.ask("UPDATE operator_user SET role = $1 WHERE name = $2 "
                                    "RETURNING name",
                                    text(role_name(role)), text(name))),
                   "user", go_quote(name));
}

Result<void> remove_user(sql::Database& database, std::string_view name) {
  TRY(database.ask("DELETE FROM operator_token WHERE user_name = $1", text(name)));
  return check_met(
      TRY(database.ask("DELETE FROM operator_user WHERE name = $1 RETURNING name", text(name))),
      "user", go_quote(name));
}

Result<std::vector<User>> list_users(sql::Database& database) {
  std::vector<User> users;
  for (const sql::Row& row :
       TRY(database.ask("SELECT name, role, created FROM operator_user ORDER BY name"))) {
    users.push_back(user_of(row));
  }
  return users;
}

Result<std::optional<User>> find_user(sql::Database& database, std::string_view name) {
  const sql::Rows rows = TRY(
      database.ask("SELECT name, role, created FROM operator_user WHERE name = $1", text(name)));
  if (rows.empty()) return std::nullopt;
  return user_of(rows.front());
}

Result<void> add_token(sql::Database& database, const Token& token, std::string_view hash) {
  if (token.note.size() > kMaxNoteBytes || !is_valid_utf8(token.note)) {
    return fail(Code::kInvalidArgument,
                format("a token's note is at most {} bytes of UTF-8", kMaxNoteBytes));
  }
  if (!TRY(find_user(database, token.user))) return check_met({}, "user", go_quote(token.user));
  TRY(database.ask(
      "INSERT INTO operator_token (id, user_name, hash, note, created, expires) VALUES ($1, $2, "
      "$3, $4, $5, $6)",
      token.id, token.user, text(hash), token.note, to_ms(token.created),
      token.expires ? to_ms(*token.expires) : int64_t{0}));
  return {};
}

Result<void> remove_token(sql::Database& database, std::string_view user, std::string_view id) {
  return check_met(TRY(database.ask("DELETE FROM operator_token WHERE user_name = $1 AND id = $2 "
                                    "RETURNING id",
                                    text(user), text(id))),
                   "token", go_quote(id));
}

Result<std::vector<Token>> list_tokens(sql::Database& database, std::string_view user) {
  std::vector<Token> tokens;
  for (const sql::Row& row :
       TRY(database.ask("SELECT id, user_name, note, created, expires FROM operator_token WHERE "
                        "user_name = $1 ORDER BY created, id",
                        text(user)))) {
    tokens.push_back(token_of(row));
  }
  return tokens;
}

Result<std::optional<Identity>> identity_of_hash(sql::Database& database, std::string_view hash,
                                                 WallTime now) {
  return identity_where(database, "t.hash = $1", hash, now);
}

Result<std::optional<Identity>> identity_of_token_id(sql::Database& database, std::string_view id,
                                                     WallTime now) {
  return identity_where(database, "t.id = $1", id, now);
}

Result<void> end_session(sql::Database& database, std::string_view id, WallTime end, WallTime now) {
  TRY(database.ask("DELETE FROM operator_session_end WHERE ends <= $1", to_ms(now)));
  TRY(
      database.ask("INSERT INTO operator_session_end (id, ends) VALUES ($1, $2) ON CONFLICT (id) "
                   "DO NOTHING",
                   text(id), to_ms(end)));
  return {};
}

Result<bool> is_session_ended(sql::Database& database, std::string_view id) {
  return !TRY(database.ask("SELECT 1 FROM operator_session_end WHERE id = $1", text(id))).empty();
}

Result<void> note(sql::Database& database, const AuditEntry& entry) {
  TRY(database.ask(
      "INSERT INTO operator_audit (number, at, who, action, object, before_value, after_value) "
      "SELECT COALESCE(MAX(number), 0) + 1, $1, $2, $3, $4, $5, $6 FROM operator_audit",
      to_ms(entry.at), entry.who, entry.action, entry.object, entry.before, entry.after));
  return {};
}

Result<std::vector<AuditEntry>> list_audit(sql::Database& database, uint64_t page,
                                           uint64_t per_page) {
  std::vector<AuditEntry> entries;
  const auto size = static_cast<int64_t>(per_page);
  for (const sql::Row& row : TRY(database.ask(
           "SELECT number, at, who, action, object, before_value, after_value FROM operator_audit "
           "ORDER BY number DESC LIMIT $1 OFFSET $2",
           size, size * (static_cast<int64_t>(page) - 1)))) {
    entries.push_back({.number = row.integer(0),
                       .at = time_of(row.integer(1)),
                       .who = row.text(2),
                       .action = row.text(3),
                       .object = row.text(4),
                       .before = row.text(5),
                       .after = row.text(6)});
  }
  return entries;
}

Result<uint64_t> count_audit(sql::Database& database) {
  const sql::Rows rows = TRY(database.ask("SELECT COUNT(*) FROM operator_audit"));
  return static_cast<uint64_t>(rows.front().integer(0));
}

}  // namespace argosy::update_service::auth
