#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "lib/channel_metadata/metadata.h"

namespace argosy::channel_metadata {
namespace {

std::unexpected<Error> refuse(const Metadata& metadata, std::string why) {
  return fail(Code::kPermissionDenied, format("channel {} ({}, document {}) {}", metadata.channel,
                                              metadata.arch, metadata.sequence, why));
}

Result<void> check_direction(const Metadata& metadata, const Offer& offer) {
  if (compare_versions(offer.version, offer.current_version) < 0) {
    if (metadata.is_rollback_allowed && offer.version == metadata.target) return {};
    return refuse(metadata,
                  format("allows no way down from {} to {}", offer.current_version, offer.version));
  }
  for (const Release& release : metadata.releases) {
    if (release.is_floor && compare_versions(release.version, offer.current_version) > 0 &&
        compare_versions(release.version, offer.version) < 0) {
      return refuse(metadata, format("has a floor at {} that may not be passed over on the way "
                                     "from {} to {}",
                                     release.version, offer.current_version, offer.version));
    }
  }
  return {};
}

}  // namespace

Result<void> permits(const Metadata& metadata, const Offer& offer) {
  const auto release = std::ranges::find(metadata.releases, offer.version, &Release::version);
  if (release == metadata.releases.end()) {
    return refuse(metadata, format("has no release {}", go_quote(offer.version)));
  }
  const std::string_view from = offer.is_delta ? std::string_view(offer.current_version) : "";
  const auto is_meant = [&](const Package& package) {
    return package.name == offer.package && package.from == from;
  };
  const auto package = std::ranges::find_if(release->packages, is_meant);
  if (package == release->packages.end() || (offer.is_delta && from.empty())) {
    return refuse(metadata, format("has no {} {} for {}", offer.is_delta ? "delta" : "package",
                                   go_quote(offer.package), offer.version));
  }
  if (package->size != offer.size || package->sha256 != offer.sha256) {
    return refuse(metadata, format("has another {} for {}: the size or the digest differs",
                                   go_quote(offer.package), offer.version));
  }
  return check_direction(metadata, offer);
}

bool is_track_of(const Metadata& metadata, std::string_view track) {
  if (track == metadata.channel) return true;
  return std::ranges::any_of(
      metadata.groups, [&](const std::string& group) { return is_same_application(group, track); });
}

bool is_same_application(std::string_view a, std::string_view b) {
  const auto bare = [](std::string_view text) {
    if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
    return text;
  };
  return equal_ignoring_case(bare(a), bare(b));
}

std::string arch_of_board(std::string_view board) {
  if (board == "amd64-usr") return "amd64";
  if (board == "arm64-usr") return "aarch64";
  return std::string(board);
}

}  // namespace argosy::channel_metadata
