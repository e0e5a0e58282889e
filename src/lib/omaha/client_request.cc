#include "lib/omaha/client_request.h"

#include "base/format.h"
#include "lib/omaha/xml.h"

namespace argosy::omaha {
namespace {

constexpr int kRollbackErrorCode = 44;
constexpr std::string_view kPing = "        <ping active=\"1\"></ping>\n";
constexpr std::string_view kUpdateCheck = "        <updatecheck></updatecheck>\n";

std::string attribute(std::string_view name, std::string_view value) {
  return format("{}=\"{}\" ", name, escape_libxml(value));
}

std::string app_start(const Client& client) {
  std::string text = "    <app ";
  text += attribute("appid", client.app_id);
  text += attribute("version", client.app_version);
  text += attribute("track", client.track);
  text += attribute("bootid", client.boot_id);
  text += attribute("oem", client.oem);
  text += attribute("oemversion", client.oem_version);
  text += attribute("alephversion", client.aleph_version);
  text += attribute("machineid", client.machine_id);
  if (client.machine_alias) text += attribute("machinealias", *client.machine_alias);
  text += attribute("lang", client.lang);
  text += attribute("board", client.board);
  text += attribute("hardware_class", client.hardware_class);
  text += attribute("delta_okay", client.delta_okay ? "true" : "false");
  return text + ">\n";
}

std::string request(const Client& client, std::string_view app_body) {
  const std::string version = escape_libxml(client.updater_version);
  return format(
      "{}<request protocol=\"{}\" version=\"{}\" updaterversion=\"{}\" installsource=\"{}\" "
      "ismachine=\"1\">\n"
      "    <os version=\"{}\" platform=\"{}\" sp=\"{}\"></os>\n"
      "{}{}    </app>\n"
      "</request>\n",
      kXmlHeader, kProtocol, version, version,
      client.is_interactive ? "ondemandupdate" : "scheduler", escape_libxml(client.os_version),
      escape_libxml(client.os_platform), escape_libxml(client.os_service_pack), app_start(client),
      app_body);
}

std::string event(EventType type, EventResult result, std::string_view more) {
  return format("        <event eventtype=\"{}\" eventresult=\"{}\"{}></event>\n",
                static_cast<int>(type), static_cast<int>(result), more);
}

}  // namespace

std::string update_check_request(const Client& client, std::string_view previous_version) {
  const std::string previous = format(" previousversion=\"{}\"", escape_libxml(previous_version));
  return request(client,
                 format("{}{}{}", kPing, kUpdateCheck,
                        event(EventType::kUpdateComplete, EventResult::kSuccessReboot, previous)));
}

std::string rollback_check_request(const Client& client) {
  const std::string more = format(" errorcode=\"{}\"", kRollbackErrorCode);
  return request(client, format("{}{}{}", kPing, kUpdateCheck,
                                event(EventType::kUpdateComplete, EventResult::kError, more)));
}

std::string ping_request(const Client& client) {
  return request(client, kPing);
}

std::string event_request(const Client& client, EventType type, EventResult result,
                          int error_code) {
  const std::string more =
      result == EventResult::kSuccess ? "" : format(" errorcode=\"{}\"", error_code);
  return request(client, event(type, result, more));
}

}  // namespace argosy::omaha
