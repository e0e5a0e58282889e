// A response as servers make it. What update_engine takes from one is in client_response.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "lib/omaha/codes.h"

namespace argosy::omaha {

struct Metadata {
  std::string content_type, content;

  bool operator==(const Metadata&) const = default;
};

struct Package {
  std::string name;
  std::string sha1;    // base64, attribute hash
  std::string sha256;  // base64, attribute hash_sha256; some tools write hex
  uint64_t size = 0;
  bool is_required = false;
  std::optional<Metadata> metadata;  // Flatcar's

  bool operator==(const Package&) const = default;
};

struct Action {
  std::string event;
  // update_engine's, for event "postinstall".
  std::string display_version;
  std::string sha256;  // base64, of the whole payload
  bool needs_admin = false;
  bool is_delta = false;
  bool disables_backoff = false;
  uint32_t max_failures_per_url = 0;  // 0: the client's default
  std::string metadata_signature_rsa, metadata_size, deadline, more_info;
  bool prompts = false;
  bool is_rollback = false;  // ours, IsRollback: the version is meant to be an older one

  bool operator==(const Action&) const = default;
};

struct Manifest {
  std::string version;
  std::vector<Package> packages;
  std::vector<Action> actions;
  // Flatcar's, when there are several: versions that must be passed through.
  bool is_floor = false;
  std::string floor_reason;
  bool is_target = false;

  bool operator==(const Manifest&) const = default;
};

struct Update {
  std::string status;               // of update_status
  std::vector<std::string> urls;    // the packages' names are appended to each
  std::vector<Manifest> manifests;  // usually one

  bool operator==(const Update&) const = default;
};

struct AppResponse {
  std::string id;
  std::string status;  // of app_status
  bool has_ping = false;
  std::optional<Update> update;
  uint32_t events = 0;  // how many were received; each is answered
  // Argosy's: what the channel offers, signed (lib/channel_metadata); empty: none.
  Bytes channel_metadata{};

  bool operator==(const AppResponse&) const = default;
};

struct Response {
  std::string protocol{kProtocol};
  std::string server;
  std::string elapsed_seconds = "0";  // of the server's day
  std::vector<AppResponse> apps;

  bool operator==(const Response&) const = default;
};

// As parse_request.
Result<Response> parse_response(std::string_view text);
// With the XML header, tab-indented, byte for byte what go-omaha sends.
std::string to_xml(const Response& response);

// The bytes of a digest in base64 or hex; nothing if it has another size.
std::optional<Bytes> read_digest(std::string_view text, size_t bytes);

}  // namespace argosy::omaha
