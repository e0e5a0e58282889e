// The requests of update_engine, byte for byte: four-space indents, attributes in its order,
// a space before the end of <app>. Servers in the field have seen nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/omaha/codes.h"

namespace argosy::omaha {

// Who asks; the texts are not escaped yet.
struct Client {
  std::string updater_version;  // "update_engine-0.4.10"
  bool is_interactive = false;  // a user asked
  std::string os_version;       // "Chateau"
  std::string os_platform;      // "CoreOS"
  std::string os_service_pack;  // the version, "_", the machine of uname(2)
  std::string app_id, app_version, track, boot_id, oem, oem_version, aleph_version, machine_id;
  std::optional<std::string> machine_alias;  // Flatcar's, which has the attribute always
  std::string lang, board, hardware_class;
  bool delta_okay = false;
};

// `previous_version`: what ran before this boot, "0.0.0.0" if that is not known, "" after
// it has been said once.
std::string update_check_request(const Client& client, std::string_view previous_version);
// Flatcar's first check after an update that did not hold: an error event with code 44
// instead of what ran before.
std::string rollback_check_request(const Client& client);
std::string ping_request(const Client& client);
// The error code is sent unless the result is success.
std::string event_request(const Client& client, EventType type, EventResult result, int error_code);

}  // namespace argosy::omaha
