#include "lib/omaha/request.h"

#include "lib/omaha/fields.h"
#include "lib/omaha/xml.h"

namespace argosy::omaha {
namespace {

Os read_os(const Element& element) {
  FieldReader reader(element);
  Os os;
  reader.read("platform", os.platform);
  reader.read("version", os.version);
  reader.read("sp", os.service_pack);
  reader.read("arch", os.arch);
  return os;
}

Result<Ping> read_ping(const Element& element) {
  FieldReader reader(element);
  Ping ping;
  reader.read("active", ping.active);
  reader.read("a", ping.last_active_days);
  reader.read("r", ping.last_report_days);
  TRY(reader.end());
  return ping;
}

Result<Event> read_event(const Element& element) {
  FieldReader reader(element);
  Event event;
  int type = 0;
  int result = 0;
  reader.read("eventtype", type);
  reader.read("eventresult", result);
  reader.read("errorcode", event.error_code);
  reader.read("nextversion", event.next_version);
  reader.read("previousversion", event.previous_version);
  TRY(reader.end());
  event.type = static_cast<EventType>(type);
  event.result = static_cast<EventResult>(result);
  return event;
}

Result<AppRequest> read_app_fields(const Element& element) {
  FieldReader reader(element);
  AppRequest app;
  reader.read("appid", app.id);
  reader.read("client", app.client);
  reader.read("installage", app.install_age);
  reader.read("lang", app.lang);
  reader.read("nextversion", app.next_version);
  reader.read("version", app.version);
  reader.read("board", app.board);
  reader.read("delta_okay", app.delta_okay);
  reader.read("from_track", app.from_track);
  reader.read("track", app.track);
  reader.read("alephversion", app.aleph_version);
  reader.read("bootid", app.boot_id);
  reader.read("machinealias", app.machine_alias);
  reader.read("machineid", app.machine_id);
  reader.read("oem", app.oem);
  reader.read("oemversion", app.oem_version);
  reader.read("multi_manifest_ok", app.multi_manifest_okay);
  TRY(reader.end());
  return app;
}

Result<AppRequest> read_app(const Element& element) {
  AppRequest app = TRY(read_app_fields(element));
  for (const Element& child : element.children) {
    if (child.name == "ping") app.ping = TRY(read_ping(child));
    if (child.name == "updatecheck") {
      app.update_check = UpdateCheck{std::string(child.text_of("targetversionprefix"))};
    }
    if (child.name == "event") app.events.push_back(TRY(read_event(child)));
  }
  return app;
}

Element element_of(const Os& os) {
  Element element{.name = "os"};
  write(element, "platform", os.platform);
  write(element, "version", os.version);
  write(element, "sp", os.service_pack);
  write(element, "arch", os.arch);
  return element;
}

Element element_of(const Ping& ping) {
  Element element{.name = "ping"};
  write(element, "active", int64_t{ping.active});
  if (ping.last_active_days) write(element, "a", int64_t{*ping.last_active_days}, Zero::kWrite);
  write(element, "r", int64_t{ping.last_report_days});
  return element;
}

Element element_of(const Event& event) {
  Element element{.name = "event"};
  write(element, "eventtype", static_cast<int64_t>(event.type), Zero::kWrite);
  write(element, "eventresult", static_cast<int64_t>(event.result), Zero::kWrite);
  write(element, "errorcode", int64_t{event.error_code});
  write(element, "nextversion", event.next_version);
  write(element, "previousversion", event.previous_version);
  return element;
}

void write_fields(Element& element, const AppRequest& app) {
  write(element, "appid", app.id);
  write(element, "client", app.client);
  write(element, "installage", app.install_age);
  write(element, "lang", app.lang);
  write(element, "nextversion", app.next_version);
  write(element, "version", app.version);
  write(element, "board", app.board);
  write(element, "delta_okay", app.delta_okay);
  write(element, "from_track", app.from_track);
  write(element, "track", app.track);
  write(element, "alephversion", app.aleph_version);
  write(element, "bootid", app.boot_id);
  write(element, "machinealias", app.machine_alias);
  write(element, "machineid", app.machine_id);
  write(element, "oem", app.oem);
  write(element, "oemversion", app.oem_version);
  write(element, "multi_manifest_ok", app.multi_manifest_okay);
}

Element element_of(const AppRequest& app) {
  Element element{.name = "app"};
  write_fields(element, app);
  if (app.ping) element.children.push_back(element_of(*app.ping));
  if (app.update_check) {
    Element check{.name = "updatecheck"};
    write(check, "targetversionprefix", app.update_check->target_version_prefix);
    element.children.push_back(std::move(check));
  }
  for (const Event& event : app.events) element.children.push_back(element_of(event));
  return element;
}

}  // namespace

Result<Request> parse_request(std::string_view text) {
  const Element root = TRY(parse_xml(text));
  TRY(check_name(root, "request"));
  FieldReader reader(root);
  Request request;
  reader.read("protocol", request.protocol);
  reader.read("installsource", request.install_source);
  reader.read("ismachine", request.is_machine);
  reader.read("requestid", request.request_id);
  reader.read("sessionid", request.session_id);
  reader.read("testsource", request.test_source);
  reader.read("userid", request.user_id);
  reader.read("version", request.version);
  reader.read("updaterversion", request.updater_version);
  TRY(reader.end());
  for (const Element& child : root.children) {
    if (child.name == "os") request.os = read_os(child);
    if (child.name == "app") request.apps.push_back(TRY(read_app(child)));
  }
  TRY(check_protocol(request.protocol));
  return request;
}

std::string to_xml(const Request& request) {
  Element root{.name = "request"};
  write(root, "protocol", request.protocol, Zero::kWrite);
  write(root, "installsource", request.install_source);
  write(root, "ismachine", int64_t{request.is_machine});
  write(root, "requestid", request.request_id);
  write(root, "sessionid", request.session_id);
  write(root, "testsource", request.test_source);
  write(root, "userid", request.user_id);
  write(root, "version", request.version);
  write(root, "updaterversion", request.updater_version);
  if (request.os) root.children.push_back(element_of(*request.os));
  for (const AppRequest& app : request.apps) root.children.push_back(element_of(app));
  return std::string(kXmlHeader) + to_xml(root);
}

}  // namespace argosy::omaha
