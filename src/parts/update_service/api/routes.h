// Which function answers which path. Private to this folder.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parts/update_service/api/call.h"

namespace argosy::update_service::api {

using Answer = Result<json::Value> (*)(Call&);

// kTaken: the body is a package's file, and Call::body what is known of it then. kDropped:
// the package's file goes when the answer is good.
enum class FileUse : uint8_t { kNone, kTaken, kDropped };

struct Route {
  std::string_view method;
  std::string_view path;  // below /api/; a * is one word
  auth::Role least;
  Answer answer;
  FileUse file = FileUse::kNone;
  bool changes_something() const { return method != "GET"; }
};

struct Match {
  const Route* route = nullptr;  // null: another method is wanted
  std::vector<std::string> words;
};
// Nothing: there is no such path.
std::optional<Match> find_route(std::string_view method, std::string_view path);

std::span<const Route> application_routes();
std::span<const Route> group_routes();
std::span<const Route> channel_routes();
std::span<const Route> package_routes();
std::span<const Route> fleet_routes();
std::span<const Route> account_routes();

// What is going on and what is stuck; also for the stream.
Result<json::Value> overview(sql::Database& database, const model::Catalog& catalog, WallTime now);

}  // namespace argosy::update_service::api
