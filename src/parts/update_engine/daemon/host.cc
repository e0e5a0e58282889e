#include "parts/update_engine/daemon/host.h"

#include <sys/utsname.h>

#include "base/format.h"
#include "base/text.h"
#include "lib/channel_metadata/trust/trust.h"

namespace argosy::update_engine {
namespace {

constexpr uint64_t kMaxFileBytes = 1 << 20;
constexpr std::string_view kDeveloperMode = "/root/.dev_mode";

std::string read_or_empty(Disk& disk, const std::string& path) {
  return read_file(disk, path, kMaxFileBytes).value_or("");
}

// Those that could be read.
std::vector<std::string> read_all(Disk& disk, const Options& options,
                                  std::span<const std::string_view> paths) {
  std::vector<std::string> contents;
  for (const std::string_view path : paths) {
    auto content = read_file(disk, options.path(path), kMaxFileBytes);
    if (content) contents.push_back(*std::move(content));
  }
  return contents;
}

// Files below /proc have no size.
std::string boot_id(Disk& disk, const Options& options) {
  constexpr size_t kEnough = 64;
  auto file = disk.open(options.path("/proc/sys/kernel/random/boot_id"), {.write = false});
  if (!file) return {};
  char text[kEnough];
  const auto size = (*file)->read_at(0, text, sizeof text);
  return size ? format("{{{}}}", trim({text, *size})) : "";
}

std::string hardware() {
  utsname names{};
  return uname(&names) == 0 ? names.machine : "";
}

VerifyStatement verifier(Disk& disk, const Options& options, const Config& config) {
  const std::string path = options.path(kChannelKeys);
  if (!exists(disk, path)) return {};
  auto pem = read_file(disk, path, kMaxFileBytes);
  auto keyring = pem ? channel_metadata::Keyring::from_pem(*pem)
                     : Result<channel_metadata::Keyring>(std::unexpected(pem.error()));
  return [keyring = std::move(keyring), config](
             std::string_view text, WallTime now,
             uint64_t last_sequence) -> Result<channel_metadata::Metadata> {
    if (!keyring) return fail(keyring.error());
    const std::string arch = channel_metadata::arch_of_board(config.board);
    return channel_metadata::verify(text, *keyring, now,
                                    {.application = config.app_id,
                                     .channel = config.track,
                                     .arch = arch,
                                     .last_sequence = last_sequence});
  };
}

}  // namespace

Family family_of(Disk& disk, const Options& options) {
  if (options.family == "flatcar") return Family::kFlatcar;
  if (options.family == "coreos") return Family::kCoreOs;
  // Flatcar has the old paths too.
  for (const std::string_view path : {"/usr/share/flatcar", "/etc/flatcar"}) {
    if (exists(disk, options.path(path))) return Family::kFlatcar;
  }
  return Family::kCoreOs;
}

Situation read_situation(Disk& disk, const Options& options) {
  Situation situation;
  situation.family = family_of(disk, options);
  const auto confs = read_all(disk, options, update_conf_paths(situation.family));
  const auto releases = read_all(disk, options, oem_release_paths());
  situation.config = make_config(situation.family, confs, releases);
  situation.policy = make_policy(confs);
  situation.boot_id = boot_id(disk, options);
  situation.machine_id = trim(read_or_empty(disk, options.path("/etc/machine-id")));
  situation.hardware = hardware();
  situation.is_official = !exists(disk, options.path(kDeveloperMode));
  situation.verify_statement = verifier(disk, options, situation.config);
  return situation;
}

}  // namespace argosy::update_engine
