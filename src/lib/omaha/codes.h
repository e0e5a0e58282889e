// The numbers and words of the protocol (Omaha 3.0, ServerProtocolV3; names and texts as
// go-omaha prints them).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace argosy::omaha {

// Numbers that are not named here occur; they are kept.
enum class EventType : int {
  kUnknown = 0,
  kDownloadComplete = 1,
  kInstallComplete = 2,
  kUpdateComplete = 3,
  kUninstall = 4,
  kDownloadStarted = 5,
  kInstallStarted = 6,
  kNewApplicationInstallStarted = 9,
  kSetupStarted = 10,
  kSetupFinished = 11,
  kUpdateApplicationStarted = 12,
  kUpdateDownloadStarted = 13,
  kUpdateDownloadFinished = 14,
  kUpdateInstallerStarted = 15,
  kSetupUpdateBegin = 16,
  kSetupUpdateComplete = 17,
  kRegisterProductComplete = 20,
  kOemInstallFirstCheck = 30,
  kAppCommandStarted = 40,
  kAppCommandEnded = 41,
  kSetupFailure = 100,
  kComServerFailure = 102,
  kSetupUpdateFailure = 103,
  kUpdateInstanceHeld = 800,  // CoreUpdate: completion prevented
};

enum class EventResult : int {
  kError = 0,
  kSuccess = 1,
  kSuccessReboot = 2,
  kSuccessRestartBrowser = 3,
  kCancelled = 4,
  kErrorInstallerMsi = 5,
  kErrorInstallerOther = 6,
  kNoUpdate = 7,
  kInstallerSystem = 8,
  kUpdateDeferred = 9,
  kHandoffError = 10,
};

// "update complete", "event 77"
std::string text_of(EventType type);
// "success reboot", "result 77"
std::string text_of(EventResult result);

// Of an app in a response.
namespace app_status {
inline constexpr std::string_view kOk = "ok";
inline constexpr std::string_view kRestricted = "restricted";
inline constexpr std::string_view kUnknownId = "error-unknownApplication";
inline constexpr std::string_view kInvalidId = "error-invalidAppId";
inline constexpr std::string_view kInvalidVersion = "error-invalidVersion";
inline constexpr std::string_view kInternal = "error-internal";
}  // namespace app_status

// Of an update check in a response. Clients know the first two; all else is an error.
namespace update_status {
inline constexpr std::string_view kOk = "ok";
inline constexpr std::string_view kNoUpdate = "noupdate";
inline constexpr std::string_view kOsNotSupported = "error-osnotsupported";
inline constexpr std::string_view kUnsupportedProtocol = "error-unsupportedProtocol";
inline constexpr std::string_view kPluginRestrictedHost = "error-pluginRestrictedHost";
inline constexpr std::string_view kHash = "error-hash";
inline constexpr std::string_view kInternal = "error-internal";
}  // namespace update_status

inline constexpr std::string_view kProtocol = "3.0";

// Argosy's element below <app>, with base64; clients that don't know it pass over it.
inline constexpr std::string_view kChannelMetadata = "channel_metadata";

}  // namespace argosy::omaha
