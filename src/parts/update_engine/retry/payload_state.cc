#include "parts/update_engine/retry/payload_state.h"

#include "base/check.h"
#include "base/format.h"

namespace argosy::update_engine {
namespace {

constexpr int64_t kMaxBackoffDays = 16;
constexpr int64_t kFuzzMinutes = 12 * 60;

}  // namespace

std::string response_signature(const omaha::ClientUpdate& response) {
  std::string text = format("NumURLs = {}\n", response.urls.size());
  for (size_t i = 0; i < response.urls.size(); ++i) {
    text += format("Url{} = {}\n", i, response.urls[i]);
  }
  return text + format(
                    "Payload Size = {}\n"
                    "Payload Sha256 Hash = {}\n"
                    "Is Delta Payload = {}\n"
                    "Max Failure Count Per Url = {}\n"
                    "Disable Payload Backoff = {}\n",
                    response.size, response.sha256, response.is_delta ? 1 : 0,
                    response.max_failures_per_url, response.disables_backoff ? 1 : 0);
}

Blame blame_of(ErrorCode code) {
  switch (base_code(code)) {
    case ErrorCode::kPayloadHashMismatch:
    case ErrorCode::kPayloadSizeMismatch:
    case ErrorCode::kDownloadPayloadVerification:
    case ErrorCode::kSignedDeltaPayloadExpected:
    case ErrorCode::kDownloadPayloadPubKeyVerification:
    case ErrorCode::kDownloadInvalidMetadataMagicString:
    case ErrorCode::kDownloadSignatureMissingInManifest:
    case ErrorCode::kDownloadManifestParse:
    case ErrorCode::kDownloadMetadataSignature:
    case ErrorCode::kDownloadMetadataSignatureVerification:
    case ErrorCode::kDownloadMetadataSignatureMismatch:
    case ErrorCode::kDownloadOperationHashVerification:
    case ErrorCode::kDownloadOperationExecution:
    case ErrorCode::kDownloadOperationHashMismatch:
    case ErrorCode::kDownloadInvalidMetadataSize:
    case ErrorCode::kDownloadInvalidMetadataSignature:
    case ErrorCode::kDownloadOperationHashMissing:
    case ErrorCode::kDownloadMetadataSignatureMissing:
      return Blame::kUrl;
    case ErrorCode::kError:
    case ErrorCode::kDownloadTransferError:
    case ErrorCode::kDownloadWrite:
    case ErrorCode::kDownloadStateInitialization:
    case ErrorCode::kOmahaErrorInHttpResponse:
      return Blame::kTransfer;
    default:
      return Blame::kNobody;
  }
}

Duration backoff_after(uint32_t attempt, uint64_t chance) {
  check(attempt > 0, "no backoff before a failed attempt");
  const int64_t days = attempt > 5 ? kMaxBackoffDays : int64_t{1} << (attempt - 1);
  const auto fuzz = static_cast<int64_t>(chance % (kFuzzMinutes + 1)) - kFuzzMinutes / 2;
  return minutes(days * 24 * 60 + fuzz);
}

void PayloadState::start_anew() {
  stored_ = {.response_signature = std::move(stored_.response_signature)};
}

void PayloadState::set_response(const omaha::ClientUpdate& response) {
  response_ = response;
  std::string signature = response_signature(response);
  if (signature != stored_.response_signature) {
    stored_.response_signature = std::move(signature);
    start_anew();
  } else if (stored_.url_index >= response.urls.size()) {
    start_anew();
  }
}

const std::string& PayloadState::url() const {
  static const std::string kNone;
  return stored_.url_index < response_.urls.size() ? response_.urls[stored_.url_index] : kNone;
}

void PayloadState::next_attempt(const Now& now) {
  if (response_.is_delta) return;
  ++stored_.attempt;
  if (response_.disables_backoff) {
    stored_.backoff_until.reset();
  } else {
    stored_.backoff_until = now.time + backoff_after(stored_.attempt, now.chance);
  }
}

void PayloadState::next_url(const Now& now) {
  stored_.url_failures = 0;
  if (++stored_.url_index < response_.urls.size()) return;
  stored_.url_index = 0;
  next_attempt(now);
}

void PayloadState::download_complete(const Now& now) {
  next_attempt(now);
}

void PayloadState::download_progress(uint64_t bytes) {
  if (bytes > 0) stored_.url_failures = 0;
}

void PayloadState::update_failed(ErrorCode code, const Now& now) {
  // Without URLs it failed before there was anything to fetch.
  if (response_.urls.empty()) return;
  const Blame blame = blame_of(code);
  if (blame == Blame::kUrl) next_url(now);
  if (blame != Blame::kTransfer) return;
  if (++stored_.url_failures >= response_.max_failures_per_url) next_url(now);
}

bool PayloadState::should_back_off(WallTime now, bool is_official_build) const {
  if (response_.disables_backoff || response_.is_delta || !is_official_build) return false;
  return stored_.backoff_until && *stored_.backoff_until >= now;
}

}  // namespace argosy::update_engine
