// A machine as the service sees one: what it says in Omaha requests, and what it is told. For
// machines that are none. One thread.
#pragma once

#include <optional>
#include <string>

#include "io/loop/uv_loop.h"
#include "lib/omaha/request.h"
#include "parts/update_service/ctl/client.h"
#include "sys/random/random.h"

namespace argosy::update_service::ctl {

struct Machine {
  std::string id, boot_id;
  std::string application;  // its id, without braces
  std::string track;        // a group's id or track
  std::string version, oem;
  bool is_on_demand = false;  // passes rate limits where the group's policy allows it
};

struct Report {
  bool checks = false, pings = false;
  std::optional<omaha::Event> event;
};

struct Told {
  std::string refusal;  // the application's status unless it is "ok"
  std::string status;   // of the update check; empty: there was none
  // Of an update, else empty.
  std::string version, url;

  bool is_update() const { return status == omaha::update_status::kOk && !version.empty(); }
  // What stands in a log: the refusal, or the status.
  const std::string& text() const { return refusal.empty() ? status : refusal; }
};

std::string request_text(const Machine& machine, const Report& report);
// InvalidArgument for what is no response; DataLoss for one of no application.
Result<Told> read_told(std::string_view response);
// Both, over HTTP.
Task<Told> tell(UvLoop& loop, const Client& client, Machine machine, Report report);

omaha::Event event_of(omaha::EventType type, omaha::EventResult result);
// A random (version 4) UUID.
std::string new_uuid(Random& random);

}  // namespace argosy::update_service::ctl
