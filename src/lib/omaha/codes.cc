#include "lib/omaha/codes.h"

#include "base/format.h"

namespace argosy::omaha {
namespace {

template <typename Code>
struct Named {
  Code code;
  std::string_view text;
};

constexpr Named<EventType> kTypes[] = {
    {EventType::kUnknown, "unknown"},
    {EventType::kDownloadComplete, "download complete"},
    {EventType::kInstallComplete, "install complete"},
    {EventType::kUpdateComplete, "update complete"},
    {EventType::kUninstall, "uninstall"},
    {EventType::kDownloadStarted, "download started"},
    {EventType::kInstallStarted, "install started"},
    {EventType::kNewApplicationInstallStarted, "new application install started"},
    {EventType::kSetupStarted, "setup started"},
    {EventType::kSetupFinished, "setup finished"},
    {EventType::kUpdateApplicationStarted, "update application started"},
    {EventType::kUpdateDownloadStarted, "update download started"},
    {EventType::kUpdateDownloadFinished, "update download finished"},
    {EventType::kUpdateInstallerStarted, "update installer started"},
    {EventType::kSetupUpdateBegin, "setup update begin"},
    {EventType::kSetupUpdateComplete, "setup update complete"},
    {EventType::kRegisterProductComplete, "register product complete"},
    {EventType::kOemInstallFirstCheck, "OEM install first check"},
    {EventType::kAppCommandStarted, "app-specific command started"},
    {EventType::kAppCommandEnded, "app-specific command ended"},
    {EventType::kSetupFailure, "setup failure"},
    {EventType::kComServerFailure, "COM server failure"},
    // The space at the end is the original's.
    {EventType::kSetupUpdateFailure, "setup update failure "},
};

constexpr Named<EventResult> kResults[] = {
    {EventResult::kError, "error"},
    {EventResult::kSuccess, "success"},
    {EventResult::kSuccessReboot, "success reboot"},
    {EventResult::kSuccessRestartBrowser, "success restart browser"},
    {EventResult::kCancelled, "cancelled"},
    {EventResult::kErrorInstallerMsi, "error installer MSI"},
    {EventResult::kErrorInstallerOther, "error installer other"},
    {EventResult::kNoUpdate, "noupdate"},
    {EventResult::kInstallerSystem, "error installer system"},
    {EventResult::kUpdateDeferred, "update deferred"},
    {EventResult::kHandoffError, "handoff error"},
};

}  // namespace

std::string text_of(EventType type) {
  for (const auto& named : kTypes) {
    if (named.code == type) return std::string(named.text);
  }
  return format("event {}", static_cast<int>(type));
}

std::string text_of(EventResult result) {
  for (const auto& named : kResults) {
    if (named.code == result) return std::string(named.text);
  }
  return format("result {}", static_cast<int>(result));
}

}  // namespace argosy::omaha
