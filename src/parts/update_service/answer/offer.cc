#include "parts/update_service/answer/offer.h"

#include <algorithm>

#include "base/format.h"
#include "lib/semver/semver.h"

namespace argosy::update_service {
namespace {

// update_engine puts the file's name right behind it.
std::string url_of(const model::Package& package, std::string_view base_url) {
  std::string url = package.url;
  if (url.starts_with('/')) url.insert(0, base_url);
  if (!url.ends_with('/')) url += '/';
  return url;
}

omaha::Action action_of(const model::Package& payload, bool is_rollback) {
  omaha::Action action;
  action.event = "postinstall";
  action.sha256 = payload.sha256;
  action.is_delta = payload.is_delta();
  action.disables_backoff = true;
  action.is_rollback = is_rollback;
  return action;
}

// The extra files are those of the version, whichever payload carries it.
omaha::Manifest manifest_of(const model::Package& version, const model::Package& payload,
                            bool is_rollback) {
  omaha::Manifest manifest;
  manifest.version = version.version;
  manifest.packages.push_back({.name = payload.filename,
                               .sha1 = payload.sha1,
                               .sha256 = payload.sha256,
                               .size = payload.size,
                               .is_required = true});
  for (const model::PackageFile& file : version.extra_files) {
    manifest.packages.push_back({.name = file.name,
                                 .sha1 = file.sha1,
                                 .sha256 = file.sha256,
                                 .size = file.size,
                                 .is_required = false});
  }
  const bool has_action =
      version.type == model::PackageType::kFlatcar && version.is_for_update_engine;
  if (has_action) manifest.actions.push_back(action_of(payload, is_rollback));
  return manifest;
}

const model::Floor* floor_of(const OfferRequest& request, const model::Package& package) {
  const auto place =
      std::ranges::find(request.channel.floors, package.id, &model::Floor::package_id);
  return place == request.channel.floors.end() ? nullptr : &*place;
}

void mark(omaha::Manifest& manifest, const OfferRequest& request, const model::Package& package) {
  const model::Floor* floor = floor_of(request, package);
  if (floor == nullptr) return;
  manifest.is_floor = true;
  manifest.floor_reason = floor->reason;
}

// All floors on the way and the target, as many as fit.
std::vector<std::string> versions_for(const OfferRequest& request, const std::string& version) {
  const Channel offer = offer_of(request.catalog, &request.channel);
  if (!request.takes_several || !offer.target) return {version};
  std::vector<std::string> versions;
  const semver::Version running = semver::version_or_oldest(request.running_version);
  const semver::Version target = semver::version_or_oldest(*offer.target);
  for (const std::string& floor : offer.floors) {
    const semver::Version at = semver::version_or_oldest(floor);
    if (running < at && at < target) versions.push_back(floor);
  }
  if (versions.size() > request.max_floors) {
    versions.resize(request.max_floors);
  } else {
    versions.push_back(*offer.target);
  }
  return versions.empty() ? std::vector<std::string>{version} : versions;
}

}  // namespace

std::optional<omaha::Update> make_offer(const OfferRequest& request, const std::string& version) {
  const model::Package* of_channel = request.catalog.package(request.channel.package_id);
  omaha::Update update;
  update.status = omaha::update_status::kOk;
  for (const std::string& step : versions_for(request, version)) {
    const model::Package* package =
        request.catalog.package(request.channel.application_id, step, request.channel.arch);
    if (package == nullptr) return std::nullopt;
    const model::Package* delta =
        request.takes_deltas ? request.catalog.delta(*package, request.running_version) : nullptr;
    const model::Package& payload = delta != nullptr ? *delta : *package;
    const bool is_rollback =
        request.channel.forces_rollback &&
        semver::version_or_oldest(step) < semver::version_or_oldest(request.running_version);
    omaha::Manifest manifest = manifest_of(*package, payload, is_rollback);
    mark(manifest, request, *package);
    manifest.is_target = request.takes_several && package == of_channel;
    const std::string url = url_of(payload, request.base_url);
    update.urls.push_back(url);  // one for each manifest, in their order
    update.manifests.push_back(std::move(manifest));
  }
  return update;
}

}  // namespace argosy::update_service
