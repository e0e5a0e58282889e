// What update_engine takes from a response, and the error code that it reports when it
// cannot. It looks for elements by path in the whole document and takes the first, whatever
// app they belong to; most attributes are not its business.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace argosy::omaha {

inline constexpr uint32_t kDefaultMaxFailuresPerUrl = 10;

struct ClientUpdate {
  bool has_update = false;        // false: only the poll interval counts
  int poll_seconds = 0;           // until the next check, once; 0: as always
  std::string version;            // for people to read
  std::vector<std::string> urls;  // whole, with the package's name; not empty
  int64_t size = 0;               // bytes, more than 0
  std::string sha256;             // base64 as sent, of the whole payload; not empty
  uint32_t max_failures_per_url = kDefaultMaxFailuresPerUrl;
  bool is_delta = false;
  bool disables_backoff = false;
  bool needs_admin = false;
  bool prompts = false;
  bool is_rollback = false;  // ours: an older version is meant
  std::string deadline, more_info;
  // Also without an update: what the channel offers, signed (lib/channel_metadata), decoded;
  // empty if there is none or it is no base64. For who has keys for it.
  std::string channel_metadata;
  std::string package;  // the first package's name, without a URL

  bool operator==(const ClientUpdate&) const = default;
};

// The numbers are update_engine's action codes.
enum class ResponseDefect : int {
  kEmpty = 30,
  kNotXml = 31,
  kInvalid = 34,  // a status that is not known, or something missing
};

struct Refusal {
  ResponseDefect defect = ResponseDefect::kInvalid;
  std::string text;  // for the log

  bool operator==(const Refusal&) const = default;
};

struct ClientDialect {
  // Flatcar puts a "/" between URL and name when none is there.
  bool adds_slash = true;
};
std::expected<ClientUpdate, Refusal> read_client_response(std::string_view body,
                                                          ClientDialect dialect = {});

}  // namespace argosy::omaha
