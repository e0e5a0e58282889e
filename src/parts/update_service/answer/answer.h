// One Omaha request, answered as Nebraska does: machines are registered, their reports
// written down, an update granted or refused, and all of it in the caller's transaction.
// Nebraska's HTTP status is 200 whatever is answered; refusals are in the XML: the app's
// status says which, the update check's is "error-internal".
#pragma once

#include <map>
#include <string>

#include "lib/omaha/request.h"
#include "lib/omaha/response.h"
#include "lib/sql/database.h"
#include "parts/update_service/answer/newcomers.h"
#include "parts/update_service/answer/zones.h"
#include "parts/update_service/model/catalog.h"

namespace argosy::update_service {

// Who asks, and how it reached us.
struct Origin {
  std::string ip;
  std::string base_url;  // "http://host:8000": before the URLs of packages that we host
};

struct AnswerOptions {
  std::string server_name = "nebraska";
  // Of one response to a client that takes several manifests; the target comes after the
  // last floor, so it may be left out.
  size_t max_floors = 5;
  // Machines that were never seen, of one address; 0: any number. Who comes beyond is told
  // "error-instanceRegistrationFailed".
  uint64_t newcomers_an_hour = 10'000;
};

// On the thread of the database that it is given. Keeps the catalog between requests.
class Answerer {
 public:
  Answerer(Disk& disk, AnswerOptions options)
      : zones_(disk), options_(std::move(options)), newcomers_(options_.newcomers_an_hour) {}

  // May be called again with the same request after its transaction was rolled back.
  Result<omaha::Response> answer(sql::Database& database, const omaha::Request& request,
                                 const Origin& origin, WallTime now);

 private:
  Result<omaha::AppResponse> answer_app(sql::Database& database, const omaha::Request& request,
                                        const omaha::AppRequest& app, const Origin& origin,
                                        WallTime now);

  Zones zones_;
  AnswerOptions options_;
  // Counts an answer that has to be given again twice, which does no harm.
  Newcomers newcomers_;
  model::CatalogView catalog_;
};

// Apps and events of one request beyond these are not looked at.
inline constexpr size_t kMaxApps = 32;
inline constexpr size_t kMaxEvents = 64;

}  // namespace argosy::update_service
