#include "parts/update_service/model/catalog.h"

#include <algorithm>

#include "base/text.h"
#include "lib/semver/semver.h"

namespace argosy::update_service::model {
namespace {

template <typename T>
const T* by_id(const std::vector<T>& all, std::string_view id) {
  const auto place = std::ranges::find(all, id, &T::id);
  return place == all.end() ? nullptr : &*place;
}

template <typename T, typename Test>
const T* first(const std::vector<T>& all, Test test) {
  const auto place = std::ranges::find_if(all, test);
  return place == all.end() ? nullptr : &*place;
}

bool is_blacklisted(const Channel& channel, std::string_view package_id) {
  return std::ranges::find(channel.blacklist, package_id) != channel.blacklist.end();
}

}  // namespace

const Application* Catalog::application(std::string_view id) const {
  if (const auto uuid = normal_uuid(id)) return by_id(applications, *uuid);
  if (id.size() >= 2 && id.starts_with('{') && id.ends_with('}')) id = id.substr(1, id.size() - 2);
  return first(applications, [&](const Application& application) {
    return application.product_id && equal_ignoring_case(*application.product_id, id);
  });
}

const Package* Catalog::package(std::string_view id) const {
  return by_id(packages, id);
}

const Package* Catalog::package(std::string_view application_id, std::string_view version,
                                Arch arch) const {
  return first(packages, [&](const Package& package) {
    return package.application_id == application_id && package.version == version &&
           package.arch == arch && !package.is_delta();
  });
}

const Package* Catalog::delta(const Package& to, std::string_view from) const {
  return first(packages, [&](const Package& package) {
    return package.application_id == to.application_id && package.version == to.version &&
           package.arch == to.arch && package.is_delta() && package.source_version == from;
  });
}

const Channel* Catalog::channel(std::string_view id) const {
  return by_id(channels, id);
}

const Channel* Catalog::channel(std::string_view application_id, std::string_view name,
                                Arch arch) const {
  return first(channels, [&](const Channel& channel) {
    return channel.application_id == application_id && channel.name == name && channel.arch == arch;
  });
}

const Group* Catalog::group(std::string_view id) const {
  return by_id(groups, id);
}

const Group* Catalog::group_of_track(const Application& application, std::string_view track,
                                     Arch arch) const {
  const auto fits = [&](const Group& group) {
    const Channel* of_group = channel(group.channel_id);
    return of_group != nullptr && (of_group->arch == arch || of_group->arch == Arch::kAll);
  };
  const Group* named = nullptr;
  if (const auto uuid = normal_uuid(track)) named = by_id(groups, *uuid);
  if (named != nullptr && named->application_id != application.id) return nullptr;
  if (named != nullptr && fits(*named)) return named;
  if (named != nullptr) track = named->track;
  if (track.empty()) return named;
  const Group* of_track = first(groups, [&](const Group& group) {
    return group.application_id == application.id && group.track == track && fits(group);
  });
  return of_track != nullptr ? of_track : named;
}

update_service::Channel offer_of(const Catalog& catalog, const Channel* channel) {
  update_service::Channel offer;
  if (channel == nullptr) return offer;
  const Package* target = catalog.package(channel->package_id);
  if (target == nullptr) return offer;
  offer.target = target->version;
  offer.is_target_blacklisted = is_blacklisted(*channel, target->id);
  offer.is_forced = channel->forces_rollback;
  for (const Floor& floor : channel->floors) {
    const Package* package = catalog.package(floor.package_id);
    if (package == nullptr || is_blacklisted(*channel, package->id)) continue;
    offer.floors.push_back(package->version);
  }
  std::ranges::sort(offer.floors, [](const std::string& a, const std::string& b) {
    return semver::version_or_oldest(a) < semver::version_or_oldest(b);
  });
  return offer;
}

Policy policy_at(const Group& group, WallTime now) {
  Policy policy = group.policy;
  if (group.ramp) policy.percent = percent_at(*group.ramp, now);
  return policy;
}

}  // namespace argosy::update_service::model
