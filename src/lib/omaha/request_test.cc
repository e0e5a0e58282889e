#include "lib/omaha/request.h"

#include "lib/omaha/client_request.h"
#include "lib/omaha/golden_test.h"

using namespace argosy;
using namespace argosy::omaha;

namespace {

Client machine() {
  Client client;
  client.updater_version = "update_engine-0.4.10";
  client.os_version = "Chateau";
  client.os_platform = "CoreOS";
  client.os_service_pack = "1.0.0_x86_64";
  client.app_id = "{e96281a6-d1af-4bde-9a0a-97b76e56dc57}";
  client.app_version = "1.0.0";
  client.track = "stable";
  client.boot_id = "{6b7d6d1c-3c4a-4f0e-9d67-0c1d1b2f7a10}";
  client.aleph_version = "1.0.0";
  client.machine_id = "0f8e6c6b1d2c4a3f9b7e5d4c3b2a1908";
  client.lang = "en-US";
  client.board = "amd64-usr";
  return client;
}

}  // namespace

TEST_CASE("update_engine's requests, byte by byte") {
  const Client client = machine();
  check_golden("client_check.xml", update_check_request(client, "0.0.0.0"));
  check_golden("client_check_again.xml", update_check_request(client, ""));
  check_golden("client_rollback.xml", rollback_check_request(client));
  check_golden("client_ping.xml", ping_request(client));
  check_golden("client_download_started.xml",
               event_request(client, EventType::kUpdateDownloadStarted, EventResult::kSuccess, 0));
  check_golden("client_failed.xml",
               event_request(client, EventType::kUpdateComplete, EventResult::kError, 2009));
}

TEST_CASE("a user's check, an alias, and values to escape") {
  Client client = machine();
  client.is_interactive = true;
  client.machine_alias = "rack <7> & \"co\"";
  client.oem = "ec2";
  client.oem_version = "0.1.0";
  client.delta_okay = true;
  check_golden("client_interactive.xml", update_check_request(client, "0.9.0"));
}

TEST_CASE("what the client writes, the server reads") {
  Client client = machine();
  client.machine_alias = "caf\xc3\xa9 <7>";
  const auto request = parse_request(update_check_request(client, "0.9.0"));
  REQUIRE(request);
  CHECK(request->version == "update_engine-0.4.10");
  CHECK(request->updater_version == "update_engine-0.4.10");
  CHECK(request->install_source == "scheduler");
  CHECK(request->is_machine == 1);
  CHECK(request->os == Os{"CoreOS", "Chateau", "1.0.0_x86_64", ""});
  REQUIRE(request->apps.size() == 1);
  const AppRequest& app = request->apps.front();
  CHECK(app.id == client.app_id);
  CHECK(app.machine_alias == "caf\xc3\xa9 <7>");
  CHECK(app.track == "stable");
  CHECK_FALSE(app.delta_okay);
  CHECK(app.ping->active == 1);
  CHECK(app.update_check);
  CHECK(app.events == std::vector<Event>{{EventType::kUpdateComplete, EventResult::kSuccessReboot,
                                          0, "", "0.9.0"}});
  const auto failed = parse_request(
      event_request(client, EventType::kUpdateComplete, EventResult::kUpdateDeferred, 40));
  REQUIRE(failed);
  CHECK_FALSE(failed->apps[0].ping);
  CHECK_FALSE(failed->apps[0].update_check);
  CHECK(failed->apps[0].events[0].error_code == 40);
}

TEST_CASE("a request with everything in it, written and read") {
  Request request;
  request.version = "1";
  request.updater_version = "1";
  request.install_source = "scheduler";
  request.request_id = "{r}";
  request.session_id = "{s}";
  request.test_source = "t";
  request.user_id = "{u}";
  request.is_machine = 1;
  request.os = Os{"linux", "1", "sp", "x64"};
  AppRequest app;
  app.id = "{a}";
  app.client = "c";
  app.install_age = "7";
  app.lang = "en";
  app.next_version = "2";
  app.version = "1";
  app.board = "b";
  app.from_track = "alpha";
  app.track = "beta";
  app.delta_okay = true;
  app.aleph_version = "0";
  app.boot_id = "{b}";
  app.machine_alias = "m";
  app.machine_id = "id";
  app.oem = "o";
  app.oem_version = "ov";
  app.multi_manifest_okay = true;
  app.ping = Ping{1, 0, -1};
  app.update_check = UpdateCheck{"1."};
  app.events = {{EventType::kUpdateInstanceHeld, EventResult::kCancelled, 5, "2", "1"}, {}};
  request.apps = {app, AppRequest{}};
  check_golden("request_full.xml", to_xml(request));
  CHECK(parse_request(to_xml(request)) == request);
}

TEST_CASE("codes have go-omaha's texts") {
  CHECK(text_of(EventType::kUpdateComplete) == "update complete");
  CHECK(text_of(EventType::kUpdateInstanceHeld) == "event 800");
  CHECK(text_of(EventType::kSetupUpdateFailure) == "setup update failure ");
  CHECK(text_of(EventResult::kSuccessReboot) == "success reboot");
  CHECK(text_of(static_cast<EventResult>(77)) == "result 77");
}
