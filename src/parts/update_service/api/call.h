// One call of the API, as the functions behind the routes see it: they run at the desk, a
// changing one inside a transaction. Private to this folder.
#pragma once

#include <map>
#include <vector>

#include "lib/channel_metadata/trust/trust.h"
#include "lib/json/json.h"
#include "lib/sql/database.h"
#include "parts/update_service/auth/identity.h"
#include "parts/update_service/model/catalog.h"

namespace argosy::update_service::api {

struct Call {
  sql::Database& database;
  const model::Catalog& catalog;
  const channel_metadata::Keyring& channel_keys;
  const std::vector<std::string>& words;  // that stand for the *s of the route
  const std::string& query;
  const json::Value& body;  // null unless the route takes one
  const std::string& raw_body;
  const auth::Identity& identity;
  // Random, for who needs a secret; made anew for each try.
  std::string new_secret, new_id;
  WallTime now{};

  // Notes a change; `before` and `after` may be null.
  Result<void> note(std::string action, std::string object, const json::Value& before,
                    const json::Value& after) const;
};

struct Page {
  uint64_t number = 1;
  uint64_t size = 10;
};
// Of the query's page and perpage: InvalidArgument unless from 1, and at most 1000 a page.
Result<Page> page_of(const Call& call);
std::string query_text(const Call& call, std::string_view key);

// What the route's words name; NotFound.
Result<const model::Application*> application_of(const Call& call);
Result<const model::Group*> group_of(const Call& call);
Result<const model::Channel*> channel_of(const Call& call);
Result<const model::Package*> package_of(const Call& call);
// Of /api/channels/*.
Result<const model::Channel*> bare_channel_of(const Call& call, size_t word);

// Members of the body. InvalidArgument when one is of another type; what is not there, or
// null, leaves the variable.
Result<void> take(const Call& call, std::string_view name, std::string& value);
Result<void> take(const Call& call, std::string_view name, bool& value);
Result<void> take(const Call& call, std::string_view name, int64_t& value);

// One page of a list, as Nebraska has it: {"totalCount", "count", NAME: [...]}.
inline json::Value page_object(uint64_t total, std::string_view name, json::Array items) {
  const auto count = static_cast<uint64_t>(items.size());
  return json::Object{
      {"totalCount", total}, {"count", count}, {std::string(name), std::move(items)}};
}
// Cut out of all of them; `encode` gives a Value, or a Result of one.
template <typename T, typename Encode>
Result<json::Value> page_json(const Page& page, std::string_view name, const std::vector<T>& all,
                              Encode encode) {
  json::Array items;
  const uint64_t first = (page.number - 1) * page.size;
  for (uint64_t i = first; i < all.size() && i < first + page.size; ++i) {
    items.push_back(TRY(Result<json::Value>(encode(all[i]))));
  }
  return page_object(all.size(), name, std::move(items));
}

}  // namespace argosy::update_service::api
