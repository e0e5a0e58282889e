// What update_engine is told by update.conf and its neighbours. Read anew at every check, so
// that a change needs no restart.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parts/update_engine/config/settings.h"

namespace argosy::update_engine {

// The two distributions name files and keys after themselves.
enum class Family : uint8_t { kCoreOs, kFlatcar };

// In the order in which they are asked.
std::span<const std::string_view> update_conf_paths(Family family);
std::span<const std::string_view> oem_release_paths();

struct Config {
  std::string track;        // GROUP, "stable"
  std::string server;       // SERVER; "disabled" makes every request fail, by intention
  std::string app_version;  // COREOS_RELEASE_VERSION
  std::string board;        // COREOS_RELEASE_BOARD
  std::string app_id;       // COREOS_RELEASE_APPID
  std::string pcr_policy_server;
  std::string machine_alias;                     // Flatcar
  std::string download_user, download_password;  // Flatcar; for https payloads only
  std::string oem, oem_version;

  bool operator==(const Config&) const = default;
  bool is_default_server(Family family) const;
};

// From the contents of the files that could be read, in the order of their paths.
Config make_config(Family family, std::span<const std::string> update_confs,
                   std::span<const std::string> oem_releases);

}  // namespace argosy::update_engine
