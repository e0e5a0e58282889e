#include "parts/update_engine/config/config.h"

namespace argosy::update_engine {
namespace {

constexpr std::string_view kCoreOsPaths[] = {
    "/etc/coreos/update.conf", "/usr/share/coreos/update.conf", "/usr/share/coreos/release"};
constexpr std::string_view kFlatcarPaths[] = {
    "/etc/flatcar/update.conf", "/usr/share/flatcar/update.conf", "/usr/share/flatcar/release"};
constexpr std::string_view kOemPaths[] = {"/etc/oem-release", "/usr/share/oem/oem-release"};

constexpr std::string_view kAppId = "{e96281a6-d1af-4bde-9a0a-97b76e56dc57}";
constexpr std::string_view kTrack = "stable";

std::string_view default_server(Family family) {
  return family == Family::kCoreOs ? "https://public.update.core-os.net/v1/update/"
                                   : "https://public.update.flatcar-linux.net/v1/update/";
}

std::vector<Settings> parse_all(std::span<const std::string> contents) {
  std::vector<Settings> files;
  for (const std::string& content : contents) files.push_back(parse_settings(content));
  return files;
}

class Reader {
 public:
  explicit Reader(std::span<const std::string> contents) : files_(parse_all(contents)) {}

  std::string read(std::string_view key, std::string_view otherwise = "") const {
    return look_up(files_, key).value_or(std::string(otherwise));
  }

 private:
  std::vector<Settings> files_;
};

}  // namespace

std::span<const std::string_view> update_conf_paths(Family family) {
  if (family == Family::kCoreOs) return kCoreOsPaths;
  return kFlatcarPaths;
}

std::span<const std::string_view> oem_release_paths() {
  return kOemPaths;
}

bool Config::is_default_server(Family family) const {
  return server == default_server(family);
}

Config make_config(Family family, std::span<const std::string> update_confs,
                   std::span<const std::string> oem_releases) {
  const Reader update(update_confs);
  const Reader release(oem_releases);
  const std::string prefix = family == Family::kCoreOs ? "COREOS_RELEASE_" : "FLATCAR_RELEASE_";
  Config config;
  config.track = update.read("GROUP", kTrack);
  config.server = update.read("SERVER", default_server(family));
  config.app_version = update.read(prefix + "VERSION");
  config.board = update.read(prefix + "BOARD");
  config.app_id = update.read(prefix + "APPID", kAppId);
  config.pcr_policy_server = update.read("PCR_POLICY_SERVER");
  if (family == Family::kFlatcar) {
    config.machine_alias = update.read("MACHINE_ALIAS");
    config.download_user = update.read("DOWNLOAD_USER");
    config.download_password = update.read("DOWNLOAD_PASSWORD");
  }
  config.oem = release.read("ID");
  config.oem_version = release.read("VERSION_ID");
  return config;
}

}  // namespace argosy::update_engine
