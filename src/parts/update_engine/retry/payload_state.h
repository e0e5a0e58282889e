// From which URL a payload is fetched, and when not yet: failures move on to the next URL,
// a failed round through all of them puts the next one off, longer each time. A value that
// is kept between runs (prefs); it forgets everything when the response changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "lib/omaha/client_response.h"
#include "parts/update_engine/errors/error_code.h"

namespace argosy::update_engine {

// The lines by which responses are told apart; kept as they are.
std::string response_signature(const omaha::ClientUpdate& response);

class PayloadState {
 public:
  struct Stored {
    std::string response_signature;
    uint32_t attempt = 0;  // rounds through the URLs, and whole downloads
    uint32_t url_index = 0;
    uint32_t url_failures = 0;  // one after the other, of this URL
    std::optional<WallTime> backoff_until;

    bool operator==(const Stored&) const = default;
  };

  PayloadState() = default;
  explicit PayloadState(Stored stored) : stored_(std::move(stored)) {}

  const Stored& stored() const { return stored_; }

  // Before anything else of an attempt. A new signature, or an index that its URLs do not
  // have, starts anew.
  void set_response(const omaha::ClientUpdate& response);
  // Empty before a response with an update.
  const std::string& url() const;

  // The moment, and a chance from all 64-bit numbers for the fuzz of a backoff.
  struct Now {
    WallTime time;
    uint64_t chance = 0;
  };
  void download_complete(const Now& now);
  // Bytes came from this URL: its failures are forgiven.
  void download_progress(uint64_t bytes);
  void update_failed(ErrorCode code, const Now& now);

  // False for responses that forbid it, for deltas, and for builds that are not official.
  bool should_back_off(WallTime now, bool is_official_build) const;

 private:
  void start_anew();
  void next_url(const Now& now);
  void next_attempt(const Now& now);

  Stored stored_;
  omaha::ClientUpdate response_;
};

// How a failure counts against the URL that it happened with.
enum class Blame : uint8_t { kUrl, kTransfer, kNobody };
Blame blame_of(ErrorCode code);

// 2^(attempt - 1) days, at most 16, and 6 hours more or less.
Duration backoff_after(uint32_t attempt, uint64_t chance);

}  // namespace argosy::update_engine
