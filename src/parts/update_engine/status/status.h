// The states of update_engine: their names on D-Bus and in its client's output, and what may
// be asked for in which.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parts/update_engine/errors/error_code.h"

namespace argosy::update_engine {

// In the order of an update; comparisons mean something.
enum class Status : uint8_t {
  kIdle,
  kCheckingForUpdate,
  kUpdateAvailable,
  kDownloading,
  kVerifying,  // never set; clients know it
  kFinalizing,
  kUpdatedNeedReboot,
  kReportingErrorEvent,
};
// "UPDATE_STATUS_IDLE"
std::string_view name_of(Status status);
std::optional<Status> parse_status(std::string_view name);

// A check, by the schedule or by a user.
enum class Attempt : uint8_t {
  kStart,
  kPing,    // the update waits for its reboot: the server only hears that we live
  kIgnore,  // one is under way
};
Attempt on_attempt(Status status);

enum class Reset : uint8_t {
  kNothing,       // there is nothing to forget
  kForgetUpdate,  // the marker goes; the boot order stays as the update made it
  kRefuse,
};
Reset on_reset(Status status);

// Whether a failure makes what was downloaded worthless: everything but a broken transfer,
// from the first byte on.
bool loses_progress(Status status, ErrorCode code);

// What the client prints and D-Bus tells.
struct Report {
  int64_t last_checked_time = 0;  // seconds since 1970
  double progress = 0;            // 0 to 1
  Status status = Status::kIdle;
  std::string new_version = "0.0.0";
  int64_t new_size = 0;  // bytes
};
// The five lines of `update_engine_client -status`.
std::string lines_of(const Report& report);

}  // namespace argosy::update_engine
