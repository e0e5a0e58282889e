#include "lib/omaha/server.h"

#include "lib/omaha/client_request.h"
#include "lib/omaha/golden_test.h"

using namespace argosy;
using namespace argosy::omaha;

namespace {

// Has one update, for version 1.0.0 of apps that it knows by their id's first letter.
class SmallUpdater : public Updater {
 public:
  std::string check_app(const AppContext& context) override {
    if (context.app.id.starts_with("{e")) return std::string(app_status::kOk);
    if (context.app.id.starts_with("{bad")) return std::string(app_status::kInternal);
    return std::string(app_status::kUnknownId);
  }
  Update check_update(const AppContext& context) override {
    if (context.app.version != "1.0.0") return {std::string(update_status::kNoUpdate), {}, {}};
    Action action;
    action.event = "postinstall";
    action.sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    action.disables_backoff = true;
    const Package package{"update.gz", "2jmj7l5rSw0yVb/vlWAYkK/YBwk=", action.sha256, 0, false, {}};
    return {std::string(update_status::kOk),
            {"/packages/", "https://mirror.example/"},
            {Manifest{"2.0.0", {package}, {action}, false, "", false}}};
  }
  void ping(const AppContext&) override { ++pings; }
  void event(const AppContext&, const Event& event) override { events.push_back(event); }

  int pings = 0;
  std::vector<Event> events;
};

std::string request_of(std::string_view id, std::string_view version) {
  Client client;
  client.app_id = id;
  client.app_version = version;
  return update_check_request(client, "0.0.0.0");
}

HttpReply post(Updater& updater, std::string_view body, std::string_view type = "text/xml") {
  return answer({"POST", type, "updates.example:8000", body}, updater, "go-omaha");
}

}  // namespace

TEST_CASE("an update, from the host that was asked and from elsewhere") {
  SmallUpdater updater;
  const HttpReply reply = post(updater, request_of("{e}", "1.0.0"));
  CHECK(reply.status == 200);
  CHECK(reply.content_type == "text/xml; charset=utf-8");
  CHECK(reply.log.empty());
  check_golden("server_update.xml", reply.body);
  CHECK(updater.pings == 1);
  CHECK(updater.events.size() == 1);
}

TEST_CASE("no update") {
  SmallUpdater updater;
  const HttpReply reply = post(updater, request_of("{e}", "2.0.0"));
  CHECK(reply.status == 200);
  check_golden("server_noupdate.xml", reply.body);
}

TEST_CASE("the status is that of the best app, else of the first") {
  SmallUpdater updater;
  const auto status = [&](const std::vector<std::string>& ids) {
    Request request;
    for (const std::string& id : ids) request.apps.push_back({.id = id});
    return post(updater, to_xml(request)).status;
  };
  CHECK(status({"{e}"}) == 200);
  CHECK(status({"{x}", "{e}"}) == 200);
  CHECK(status({"{x}", "{bad}"}) == 400);
  CHECK(status({"{bad}", "{x}"}) == 500);
  CHECK(status({}) == 400);
  const HttpReply reply = post(updater, request_of("{x}", "1.0.0"));
  check_golden("server_unknown.xml", reply.body);
  CHECK(updater.pings == 0);
}

TEST_CASE("what is no request") {
  SmallUpdater updater;
  HttpReply reply = answer({"GET", "", "h", ""}, updater, "go-omaha");
  CHECK(reply.status == 400);
  CHECK(reply.body == "Expected a POST\n");
  CHECK(reply.log == "omaha: Unexpected HTTP method: GET");
  reply = post(updater, "<nonsense/>");
  CHECK(reply.status == 400);
  CHECK(reply.body == "Bad Omaha Request\n");
  CHECK(reply.content_type == "text/plain; charset=utf-8");
  CHECK(post(updater, request_of("{e}", "1.0.0"), "text/html").status == 400);
  CHECK(post(updater, std::string(kMaxRequestBytes + 1, ' ')).status == 400);
}

TEST_CASE("content types") {
  for (const std::string_view type :
       {"", "text/xml", "application/xml", "TEXT/XML", "text/xml; charset=utf-8",
        "text/xml;charset=\"UTF-8\"", "text/xml; charset=", "text/xml; x=y"}) {
    CAPTURE(type);
    CHECK(check_content_type(type));
  }
  CHECK(check_content_type("text/html").error().message() ==
        "unsupported content type \"text/html\"");
  CHECK(check_content_type("text/xml; charset=latin-1").error().message() ==
        "unsupported content charset \"latin-1\"");
}

TEST_CASE("paths") {
  CHECK(is_update_path("/v1/update"));
  CHECK(is_update_path("/v1/update/"));
  CHECK_FALSE(is_update_path("/v1/updates"));
  CHECK_FALSE(is_update_path("/"));
}
