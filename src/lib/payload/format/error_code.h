// The original's numbers for what can go wrong with an update; they are reported to the
// update service, and kept in its statistics, as numbers.
#pragma once

namespace argosy::payload {

enum class ErrorCode : int {
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
  kPayloadHashMismatch = 10,
  kPayloadSizeMismatch = 11,
  kDownloadPayloadVerification = 12,
  kDownloadNewPartitionInfo = 13,
  kDownloadWrite = 14,
  kNewRootfsVerification = 15,
  kNewKernelVerification = 16,
  kSignedDeltaPayloadExpected = 17,
  kDownloadPayloadPubKeyVerification = 18,
  kPostinstallBootedFromFirmwareB = 19,
  kDownloadStateInitialization = 20,
  kDownloadInvalidMetadataMagicString = 21,
  kDownloadSignatureMissingInManifest = 22,
  kDownloadManifestParse = 23,
  kDownloadMetadataSignature = 24,
  kDownloadMetadataSignatureVerification = 25,
  kDownloadMetadataSignatureMismatch = 26,
  kDownloadOperationHashVerification = 27,
  kDownloadOperationExecution = 28,
  kDownloadOperationHashMismatch = 29,
  kOmahaRequestEmptyResponse = 30,
  kOmahaRequestXmlParse = 31,
  kDownloadInvalidMetadataSize = 32,
  kDownloadInvalidMetadataSignature = 33,
  kOmahaResponseInvalid = 34,
  kUpdateIgnoredPerPolicy = 35,
  kUpdateDeferredPerPolicy = 36,
  kOmahaErrorInHttpResponse = 37,
  kDownloadOperationHashMissing = 38,
  kDownloadMetadataSignatureMissing = 39,
  kUpdateDeferredForBackoff = 40,
  kPostinstallPowerwash = 41,
  kNewPcrPolicyVerification = 42,
  kNewPcrPolicyHttp = 43,
  kRollback = 44,             // Flatcar's
  kDownloadIncomplete = 100,  // never reported
  // From here on: this and the HTTP status of an Omaha request.
  kOmahaHttpResponseBase = 2000,
};

}  // namespace argosy::payload
