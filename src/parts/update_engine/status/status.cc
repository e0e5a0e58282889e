#include "parts/update_engine/status/status.h"

#include <iterator>

#include "base/format.h"

namespace argosy::update_engine {
namespace {

constexpr std::string_view kNames[] = {
    "UPDATE_STATUS_IDLE",
    "UPDATE_STATUS_CHECKING_FOR_UPDATE",
    "UPDATE_STATUS_UPDATE_AVAILABLE",
    "UPDATE_STATUS_DOWNLOADING",
    "UPDATE_STATUS_VERIFYING",
    "UPDATE_STATUS_FINALIZING",
    "UPDATE_STATUS_UPDATED_NEED_REBOOT",
    "UPDATE_STATUS_REPORTING_ERROR_EVENT",
};

}  // namespace

std::string_view name_of(Status status) {
  return kNames[static_cast<size_t>(status)];
}

std::optional<Status> parse_status(std::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) return static_cast<Status>(i);
  }
  return std::nullopt;
}

Attempt on_attempt(Status status) {
  if (status == Status::kIdle) return Attempt::kStart;
  return status == Status::kUpdatedNeedReboot ? Attempt::kPing : Attempt::kIgnore;
}

Reset on_reset(Status status) {
  if (status == Status::kIdle) return Reset::kNothing;
  return status == Status::kUpdatedNeedReboot ? Reset::kForgetUpdate : Reset::kRefuse;
}

bool loses_progress(Status status, ErrorCode code) {
  return status >= Status::kDownloading && code != ErrorCode::kSuccess &&
         code != ErrorCode::kDownloadTransferError;
}

std::string lines_of(const Report& report) {
  return format(
      "LAST_CHECKED_TIME={}\nPROGRESS={:.6f}\nCURRENT_OP={}\nNEW_VERSION={}\nNEW_SIZE={}\n",
      report.last_checked_time, report.progress, name_of(report.status), report.new_version,
      report.new_size);
}

}  // namespace argosy::update_engine
