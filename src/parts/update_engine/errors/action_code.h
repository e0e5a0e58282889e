// What an update attempt ends with: the numbers that update_engine reports to the server
// (event attribute errorcode) and people find in logs.
#pragma once

#include <cstdint>
#include <string_view>

namespace argosy::update_engine {

enum class ActionCode : int {
  kSuccess = 0,
  kError = 1,
  kOmahaRequestError = 2,
  kOmahaResponseHandlerError = 3,
  kFilesystemCopierError = 4,
  kPostinstallRunnerError = 5,
  kSetBootableFlagError = 6,
  kInstallDeviceOpenError = 7,
  kKernelDeviceOpenError = 8,
  kDownloadTransferError = 9,
  kPayloadHashMismatchError = 10,
  kPayloadSizeMismatchError = 11,
  kDownloadPayloadVerificationError = 12,
  kDownloadNewPartitionInfoError = 13,
  kDownloadWriteError = 14,
  kNewRootfsVerificationError = 15,
  kNewKernelVerificationError = 16,
  kSignedDeltaPayloadExpectedError = 17,
  kDownloadPayloadPubKeyVerificationError = 18,
  kPostinstallBootedFromFirmwareB = 19,
  kDownloadStateInitializationError = 20,
  kDownloadInvalidMetadataMagicString = 21,
  kDownloadSignatureMissingInManifest = 22,
  kDownloadManifestParseError = 23,
  kDownloadMetadataSignatureError = 24,
  kDownloadMetadataSignatureVerificationError = 25,
  kDownloadMetadataSignatureMismatch = 26,
  kDownloadOperationHashVerificationError = 27,
  kDownloadOperationExecutionError = 28,
  kDownloadOperationHashMismatch = 29,
  kOmahaRequestEmptyResponseError = 30,
  kOmahaRequestXmlParseError = 31,
  kDownloadInvalidMetadataSize = 32,
  kDownloadInvalidMetadataSignature = 33,
  kOmahaResponseInvalid = 34,
  kOmahaUpdateIgnoredPerPolicy = 35,
  kOmahaUpdateDeferredPerPolicy = 36,
  kOmahaErrorInHttpResponse = 37,
  kDownloadOperationHashMissingError = 38,
  kDownloadMetadataSignatureMissingError = 39,
  kOmahaUpdateDeferredForBackoff = 40,
  kPostinstallPowerwashError = 41,
  kNewPcrPolicyVerificationError = 42,
  kNewPcrPolicyHttpError = 43,
  kRollbackError = 44,        // Flatcar's
  kDownloadIncomplete = 100,  // never reported
  // From here on: this and the HTTP status of an Omaha request.
  kOmahaHttpResponseBase = 2000,
};

// "kActionCodeDownloadTransferError", as update_engine's log has it; "Unknown error" for a
// number that is none.
std::string_view name_of(ActionCode code);

// 2000 and the status; what is no status of three digits is 999.
ActionCode code_of_http_status(int status);
// HTTP errors of an Omaha request as the one code that stands for all of them.
ActionCode base_code(ActionCode code);

// What was special about the attempt, in the high bits of a reported code.
struct Circumstances {
  bool is_developer_mode = false;  // bit 31
  bool is_resumed = false;         // bit 30
  bool is_test_image = false;      // bit 29: not an official build
  bool is_other_server = false;    // bit 28: not the default Omaha URL
};
// As it stands in errorcode, where bit 31 makes it negative.
int reported_code(ActionCode code, const Circumstances& circumstances);
// The code without circumstances.
ActionCode code_of_report(int reported);

// A policy or the backoff put the update off: reported with result "deferred", not "error".
bool is_deferral(ActionCode code);

}  // namespace argosy::update_engine
