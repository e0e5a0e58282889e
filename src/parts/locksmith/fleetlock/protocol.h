// FleetLock, the protocol of Zincati and others (coreos.github.io/zincati, "FleetLock
// protocol"), as values: requests, answers, and the slots of a group as airlock stores
// them. docs/formats/fleet-lock.md.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace argosy::locksmith {

inline constexpr std::string_view kFleetLockHeader = "fleet-lock-protocol";
inline constexpr std::string_view kPreReboot = "/v1/pre-reboot";
inline constexpr std::string_view kSteadyState = "/v1/steady-state";

struct FleetRequest {
  std::string group;
  std::string id;
};

// An answer that is not 200: {"kind":"...","value":"..."}.
struct FleetError {
  int status = 500;
  std::string kind;
  std::string value;
};
std::string to_json(const FleetError& error);
// What such an answer says, "KIND: VALUE", or its status when it cannot be read.
std::string describe_answer(int status, std::string_view body);

// [a-zA-Z0-9.-]+
bool is_group_name(std::string_view name);

// The header's value (empty: there is none) and the body.
std::expected<FleetRequest, FleetError> read_request(std::string_view header,
                                                     std::string_view body);
std::string to_json(const FleetRequest& request);

// {"total_slots":1,"holders":[]}; holders sorted.
struct Slots {
  int64_t total = 1;
  std::vector<std::string> holders;

  bool is_held_by(std::string_view id) const;
  // True when it changed: holding it already is success. ResourceExhausted
  // "all N semaphore slots currently locked".
  Result<bool> take(std::string_view id);
  // True when it changed: not holding it is success.
  bool give_back(std::string_view id);
  bool operator==(const Slots&) const = default;
};
std::string to_json(const Slots& slots);
Result<Slots> parse_slots(std::string_view json);

// "com.coreos.airlock/groups/GROUP/v1/semaphore".
std::string slots_key(std::string_view group);

}  // namespace argosy::locksmith
