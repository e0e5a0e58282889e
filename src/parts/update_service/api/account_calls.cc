// Users, tokens and the audit book.
#include <array>

#include "base/text.h"
#include "parts/update_service/api/encode.h"
#include "parts/update_service/api/routes.h"
#include "parts/update_service/auth/token.h"

namespace argosy::update_service::api {
namespace {

Result<auth::Role> role_in(const Call& call) {
  std::string name;
  TRY(take(call, "role", name));
  const auto role = auth::parse_role(name);
  if (!role) return fail(Code::kInvalidArgument, "role is viewer, operator or admin");
  return *role;
}

Result<json::Value> list_users(Call& call) {
  json::Array users;
  for (const auth::User& user : TRY(auth::list_users(call.database))) {
    users.push_back(to_json(user));
  }
  return json::Object{{"users", std::move(users)}};
}

Result<json::Value> add_user(Call& call) {
  auth::User user{.name = {}, .role = TRY(role_in(call)), .created = call.now};
  TRY(take(call, "name", user.name));
  TRY(auth::add_user(call.database, user));
  json::Value made = to_json(user);
  TRY(call.note("user.add", user.name, {}, made));
  return made;
}

Result<json::Value> change_user(Call& call) {
  const auto before = TRY(auth::find_user(call.database, call.words[0]));
  if (!before) return fail(Code::kNotFound, "no user " + go_quote(call.words[0]));
  auth::User after = *before;
  after.role = TRY(role_in(call));
  TRY(auth::set_role(call.database, after.name, after.role));
  TRY(call.note("user.change", after.name, to_json(*before), to_json(after)));
  return to_json(after);
}

Result<json::Value> remove_user(Call& call) {
  TRY(auth::remove_user(call.database, call.words[0]));
  TRY(call.note("user.remove", call.words[0], call.words[0], {}));
  return json::Value();
}

Result<json::Value> list_tokens(Call& call) {
  json::Array tokens;
  for (const auth::Token& token : TRY(auth::list_tokens(call.database, call.words[0]))) {
    tokens.push_back(to_json(token));
  }
  return json::Object{{"tokens", std::move(tokens)}};
}

// The only answer that ever has the token's text.
Result<json::Value> add_token(Call& call) {
  constexpr int64_t kMostDays = 3660;
  auth::Token token{
      .id = call.new_id, .user = call.words[0], .note = {}, .created = call.now, .expires = {}};
  TRY(take(call, "note", token.note));
  int64_t days = 0;
  TRY(take(call, "days", days));
  if (days < 0 || days > kMostDays) {
    return fail(Code::kInvalidArgument, "days is from 0 (for ever) to 3660");
  }
  if (days > 0) token.expires = call.now + hours(24 * days);
  TRY(auth::add_token(call.database, token, auth::token_hash(call.new_secret)));
  json::Value made = to_json(token);
  TRY(call.note("token.add", token.user, {}, made));
  made.as_object()->emplace_back("token", call.new_secret);
  return made;
}

Result<json::Value> remove_token(Call& call) {
  TRY(auth::remove_token(call.database, call.words[0], call.words[1]));
  TRY(call.note("token.remove", call.words[0], call.words[1], {}));
  return json::Value();
}

Result<json::Value> list_audit(Call& call) {
  const Page page = TRY(page_of(call));
  json::Array entries;
  for (const auth::AuditEntry& entry :
       TRY(auth::list_audit(call.database, page.number, page.size))) {
    entries.push_back(to_json(entry));
  }
  return page_object(TRY(auth::count_audit(call.database)), "entries", std::move(entries));
}

constexpr auto kAdmin = auth::Role::kAdmin;
constexpr std::array kRoutes = {
    Route{"GET", "users", kAdmin, list_users},
    Route{"POST", "users", kAdmin, add_user},
    Route{"PUT", "users/*", kAdmin, change_user},
    Route{"DELETE", "users/*", kAdmin, remove_user},
    Route{"GET", "users/*/tokens", kAdmin, list_tokens},
    Route{"POST", "users/*/tokens", kAdmin, add_token},
    Route{"DELETE", "users/*/tokens/*", kAdmin, remove_token},
    Route{"GET", "audit", auth::Role::kOperator, list_audit},
};

}  // namespace

std::span<const Route> account_routes() {
  return kRoutes;
}

}  // namespace argosy::update_service::api
