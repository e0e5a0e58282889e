// What the service knows of one machine and one application on it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace argosy::update_service {

// Nebraska's numbers, which its REST API and database have.
enum class Status : uint8_t {
  kUndefined = 1,
  kGranted = 2,
  kError = 3,
  kComplete = 4,
  kInstalled = 5,
  kDownloaded = 6,
  kDownloading = 7,
  kOnHold = 8,
};

// "undefined", "update granted", "error" and so on.
std::string_view status_name(Status status);
// From the grant to the report of its end.
bool is_updating(Status status);

struct Instance {
  std::string id;
  std::string version;  // as it says
  Status status = Status::kUndefined;
  std::string granted_version;  // the last one that it was given; empty: none yet
};

// Of a group, for the version that its channel offers.
struct Counts {
  uint32_t instances = 0;
  uint32_t granted_in_period = 0;
  uint32_t updating = 0;   // and not timed out
  uint32_t timed_out = 0;  // still updating
  uint32_t attempted = 0;  // were given this version and are no longer updating
  uint32_t succeeded = 0;  // of these, completed it
  uint32_t failed = 0;     // of these, reported an error
};

}  // namespace argosy::update_service
