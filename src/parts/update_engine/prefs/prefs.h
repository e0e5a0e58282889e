// What update_engine keeps between runs: a file for each key in its directory. Here are the
// keys, how numbers are written, and which of it all makes an interrupted update resumable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace argosy::update_engine {

inline constexpr std::string_view kPrefsDirectory = "/var/lib/update_engine/prefs";

namespace prefs {
inline constexpr std::string_view kAlephVersion = "aleph-version";
inline constexpr std::string_view kPreviousVersion = "previous-version";
inline constexpr std::string_view kFullResponse = "full-response";  // Flatcar
inline constexpr std::string_view kDeltaUpdateFailures = "delta-update-failures";
inline constexpr std::string_view kManifestMetadataSize = "manifest-metadata-size";
inline constexpr std::string_view kResumedUpdateFailures = "resumed-update-failures";
inline constexpr std::string_view kUpdateCheckResponseHash = "update-check-response-hash";
inline constexpr std::string_view kNextOperation = "update-state-next-operation";
inline constexpr std::string_view kNextDataOffset = "update-state-next-data-offset";
inline constexpr std::string_view kSha256Context = "update-state-sha-256-context";
inline constexpr std::string_view kSignedSha256Context = "update-state-signed-sha-256-context";
inline constexpr std::string_view kSignatureBlob = "update-state-signature-blob";
inline constexpr std::string_view kPayloadAttemptNumber = "payload-attempt-number";
inline constexpr std::string_view kCurrentResponseSignature = "current-response-signature";
inline constexpr std::string_view kCurrentUrlIndex = "current-url-index";
inline constexpr std::string_view kCurrentUrlFailureCount = "current-url-failure-count";
inline constexpr std::string_view kBackoffExpiryTime = "backoff-expiry-time";
inline constexpr std::string_view kCertificateReportUpdate = "certificate-report-to-send-update";
inline constexpr std::string_view kCertificateReportDownload =
    "certificate-report-to-send-download";

// "update-server-cert-0-1": the certificate at a depth of the chain, of the update server
// (0) or the download server (1).
std::string server_certificate(int server, int depth);
}  // namespace prefs

// Letters, digits, _ and -; at least one.
bool is_pref_key(std::string_view key);

// Decimal, white space around it; nothing for what is no such number.
std::optional<int64_t> parse_pref(std::string_view content);
std::string to_pref(int64_t value);

inline constexpr int64_t kNoOperation = -1;
inline constexpr int64_t kMaxResumedFailures = 10;
// After so many failed deltas the server is not asked for another.
inline constexpr int64_t kMaxDeltaFailures = 3;

// What is there of an interrupted update; numbers that are missing or unreadable are none.
struct Progress {
  std::optional<int64_t> next_operation;
  std::optional<int64_t> next_data_offset;
  std::optional<int64_t> metadata_size;
  std::optional<int64_t> resumed_failures;
  std::string response_hash;   // of the payload that was being applied
  std::string sha256_context;  // the digest so far
};
// `payload_hash`: what the server offers now.
bool can_resume(const Progress& progress, std::string_view payload_hash);

}  // namespace argosy::update_engine
