#include "parts/update_service/rollout/instance.h"

namespace argosy::update_service {

std::string_view status_name(Status status) {
  switch (status) {
    case Status::kUndefined:
      return "undefined";
    case Status::kGranted:
      return "update granted";
    case Status::kError:
      return "error";
    case Status::kComplete:
      return "complete";
    case Status::kInstalled:
      return "installed";
    case Status::kDownloaded:
      return "downloaded";
    case Status::kDownloading:
      return "downloading";
    case Status::kOnHold:
      return "on hold";
  }
  return "undefined";
}

bool is_updating(Status status) {
  switch (status) {
    case Status::kGranted:
    case Status::kInstalled:
    case Status::kDownloaded:
    case Status::kDownloading:
      return true;
    default:
      return false;
  }
}

}  // namespace argosy::update_service
