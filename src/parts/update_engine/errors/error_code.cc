#include "parts/update_engine/errors/error_code.h"

#include <algorithm>
#include <iterator>

namespace argosy::update_engine {
namespace {

constexpr std::string_view kNames[] = {
    "kActionCodeSuccess",
    "kActionCodeError",
    "kActionCodeOmahaRequestError",
    "kActionCodeOmahaResponseHandlerError",
    "kActionCodeFilesystemCopierError",
    "kActionCodePostinstallRunnerError",
    "kActionCodeSetBootableFlagError",
    "kActionCodeInstallDeviceOpenError",
    "kActionCodeKernelDeviceOpenError",
    "kActionCodeDownloadTransferError",
    "kActionCodePayloadHashMismatchError",
    "kActionCodePayloadSizeMismatchError",
    "kActionCodeDownloadPayloadVerificationError",
    "kActionCodeDownloadNewPartitionInfoError",
    "kActionCodeDownloadWriteError",
    "kActionCodeNewRootfsVerificationError",
    "kActionCodeNewKernelVerificationError",
    "kActionCodeSignedDeltaPayloadExpectedError",
    "kActionCodeDownloadPayloadPubKeyVerificationError",
    "kActionCodePostinstallBootedFromFirmwareB",
    "kActionCodeDownloadStateInitializationError",
    "kActionCodeDownloadInvalidMetadataMagicString",
    "kActionCodeDownloadSignatureMissingInManifest",
    "kActionCodeDownloadManifestParseError",
    "kActionCodeDownloadMetadataSignatureError",
    "kActionCodeDownloadMetadataSignatureVerificationError",
    "kActionCodeDownloadMetadataSignatureMismatch",
    "kActionCodeDownloadOperationHashVerificationError",
    "kActionCodeDownloadOperationExecutionError",
    "kActionCodeDownloadOperationHashMismatch",
    "kActionCodeOmahaRequestEmptyResponseError",
    "kActionCodeOmahaRequestXMLParseError",
    "kActionCodeDownloadInvalidMetadataSize",
    "kActionCodeDownloadInvalidMetadataSignature",
    "kActionCodeOmahaResponseInvalid",
    "kActionCodeOmahaUpdateIgnoredPerPolicy",
    "kActionCodeOmahaUpdateDeferredPerPolicy",
    "kActionCodeOmahaErrorInHTTPResponse",
    "kActionCodeDownloadOperationHashMissingError",
    "kActionCodeDownloadMetadataSignatureMissingError",
    "kActionCodeOmahaUpdateDeferredForBackoff",
    "kActionCodePostinstallPowerwashError",
    "kActionCodeNewPCRPolicyVerificationError",
    "kActionCodeNewPCRPolicyHTTPError",
    "kActionCodeRollbackError",
};

constexpr uint32_t kDeveloperModeFlag = 1U << 31;
constexpr uint32_t kResumedFlag = 1U << 30;
constexpr uint32_t kTestImageFlag = 1U << 29;
constexpr uint32_t kOtherServerFlag = 1U << 28;
constexpr uint32_t kFlags = kDeveloperModeFlag | kResumedFlag | kTestImageFlag | kOtherServerFlag;

}  // namespace

std::string_view name_of(ErrorCode code) {
  const int number = static_cast<int>(code);
  if (code == ErrorCode::kDownloadIncomplete) return "kActionCodeDownloadIncomplete";
  if (number >= static_cast<int>(ErrorCode::kOmahaHttpResponseBase)) {
    return "kActionCodeOmahaRequestHTTPResponseBase";
  }
  if (number < 0 || number >= std::ssize(kNames)) return "Unknown error";
  return kNames[number];
}

ErrorCode code_of_http_status(int status) {
  constexpr int kNoStatus = 999;
  const int shown = status < 0 || status > kNoStatus ? kNoStatus : status;
  return static_cast<ErrorCode>(static_cast<int>(ErrorCode::kOmahaHttpResponseBase) + shown);
}

ErrorCode base_code(ErrorCode code) {
  return code >= ErrorCode::kOmahaHttpResponseBase ? ErrorCode::kOmahaErrorInHttpResponse : code;
}

int reported_code(ErrorCode code, const Circumstances& circumstances) {
  uint32_t bits = static_cast<uint32_t>(code);
  if (circumstances.is_developer_mode) bits |= kDeveloperModeFlag;
  if (circumstances.is_resumed) bits |= kResumedFlag;
  if (circumstances.is_test_image) bits |= kTestImageFlag;
  if (circumstances.is_other_server) bits |= kOtherServerFlag;
  return static_cast<int>(bits);
}

ErrorCode code_of_report(int reported) {
  return static_cast<ErrorCode>(static_cast<uint32_t>(reported) & ~kFlags);
}

bool is_deferral(ErrorCode code) {
  return code == ErrorCode::kUpdateIgnoredPerPolicy ||
         code == ErrorCode::kUpdateDeferredPerPolicy ||
         code == ErrorCode::kUpdateDeferredForBackoff;
}

}  // namespace argosy::update_engine
