#include "parts/update_service/api/routes.h"

#include "base/text.h"
#include "io/http/exchange.h"

namespace argosy::update_service::api {
namespace {

std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  const auto wanted = split(pattern, '/');
  const auto given = split(path, '/');
  if (wanted.size() != given.size()) return std::nullopt;
  std::vector<std::string> words;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "*") {
      words.push_back(url_decode(given[i], false));
      if (words.back().empty()) return std::nullopt;
    } else if (wanted[i] != given[i]) {
      return std::nullopt;
    }
  }
  return words;
}

}  // namespace

std::optional<Match> find_route(std::string_view method, std::string_view path) {
  bool is_path = false;
  for (const auto& routes : {application_routes(), group_routes(), channel_routes(),
                             package_routes(), fleet_routes(), account_routes()}) {
    for (const Route& route : routes) {
      auto words = match(route.path, path);
      if (!words) continue;
      if (route.method == method) return Match{.route = &route, .words = *std::move(words)};
      is_path = true;
    }
  }
  return is_path ? std::optional(Match{}) : std::nullopt;
}

}  // namespace argosy::update_service::api
