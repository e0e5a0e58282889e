#include "parts/update_engine/attempt/situation.h"

#include "parts/update_engine/config/settings.h"

namespace argosy::update_engine {
namespace {

// What the original says of itself; servers know no other.
constexpr std::string_view kUpdaterVersion = "update_engine-0.4.10";
constexpr std::string_view kOsVersion = "Chateau";
constexpr std::string_view kOsPlatform = "CoreOS";
constexpr std::string_view kLanguage = "en-US";

}  // namespace

Policy make_policy(std::span<const std::string> update_confs) {
  std::vector<Settings> files;
  for (const std::string& content : update_confs) files.push_back(parse_settings(content));
  Policy policy;
  policy.accepts_deltas = look_up(files, "DELTAS") != "refuse";
  policy.allows_downgrades = look_up(files, "DOWNGRADES") == "allow";
  return policy;
}

omaha::Client client_of(const Situation& situation, std::string_view aleph_version,
                        bool is_interactive, bool delta_okay) {
  const Config& config = situation.config;
  omaha::Client client;
  client.updater_version = kUpdaterVersion;
  client.is_interactive = is_interactive;
  client.os_version = kOsVersion;
  client.os_platform = kOsPlatform;
  client.os_service_pack = config.app_version + "_" + situation.hardware;
  client.app_id = config.app_id;
  client.app_version = config.app_version;
  client.track = config.track;
  client.boot_id = situation.boot_id;
  client.oem = config.oem;
  client.oem_version = config.oem_version;
  client.aleph_version = aleph_version;
  client.machine_id = situation.machine_id;
  if (situation.family == Family::kFlatcar) client.machine_alias = config.machine_alias;
  client.lang = kLanguage;
  client.board = config.board;
  client.delta_okay = delta_okay;
  return client;
}

}  // namespace argosy::update_engine
