// A request as servers read it and go-omaha's client writes it. Empty texts and zeros are
// attributes that are not there. update_engine's own requests, whose bytes are fixed, are
// in client_request.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lib/omaha/codes.h"

namespace argosy::omaha {

struct Os {
  std::string platform, version, service_pack, arch;

  bool operator==(const Os&) const = default;
};

struct Ping {
  int active = 0;
  std::optional<int> last_active_days;  // attribute a
  int last_report_days = 0;             // attribute r

  bool operator==(const Ping&) const = default;
};

struct UpdateCheck {
  std::string target_version_prefix;

  bool operator==(const UpdateCheck&) const = default;
};

struct Event {
  EventType type = EventType::kUnknown;
  EventResult result = EventResult::kError;
  int error_code = 0;
  std::string next_version;
  // An empty one and a missing one are the same to servers; after a first boot clients send
  // "0.0.0.0", later "".
  std::string previous_version;

  bool operator==(const Event&) const = default;
};

struct AppRequest {
  std::string id, client, install_age, lang, next_version, version;
  // update_engine's.
  std::string board, from_track, track;
  bool delta_okay = false;
  // Container Linux's and Flatcar's.
  std::string aleph_version, boot_id, machine_alias, machine_id, oem, oem_version;
  bool multi_manifest_okay = false;

  std::optional<Ping> ping;
  std::optional<UpdateCheck> update_check;
  std::vector<Event> events;  // also together with an update check

  bool operator==(const AppRequest&) const = default;
};

struct Request {
  std::string protocol{kProtocol};
  std::string install_source, request_id, session_id, test_source, user_id, version,
      updater_version;
  int is_machine = 0;
  std::optional<Os> os;
  std::vector<AppRequest> apps;

  bool operator==(const Request&) const = default;
};

// InvalidArgument for what is no request, for numbers and truth values that are none (as Go
// reads them), and for another protocol than 3.0.
Result<Request> parse_request(std::string_view text);
// With the XML header, tab-indented.
std::string to_xml(const Request& request);

}  // namespace argosy::omaha
