// All that operators keep, as one value: what each request is decided from. It is small
// (tens of groups, hundreds of packages), so that it is held in memory and read anew when
// somebody changed it.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "parts/update_service/model/records.h"

namespace argosy::update_service::model {

struct Catalog {
  // Another with every change; of the database, so the same for all servers.
  int64_t generation = 0;
  std::vector<Application> applications;
  std::vector<Package> packages;
  std::vector<Channel> channels;
  std::vector<Group> groups;

  // Null when there is none.
  // By id, with or without braces and in any case, or by product id.
  const Application* application(std::string_view id) const;
  const Package* package(std::string_view id) const;
  const Package* package(std::string_view application_id, std::string_view version,
                         Arch arch) const;
  // The delta that takes `from` to `to`.
  const Package* delta(const Package& to, std::string_view from) const;
  const Channel* channel(std::string_view id) const;
  const Channel* channel(std::string_view application_id, std::string_view name, Arch arch) const;
  const Group* group(std::string_view id) const;
  // The group that a machine's track means: a track of its arch, or an id (then of that
  // group's track for its arch, as Nebraska reads the ids of its first groups).
  const Group* group_of_track(const Application& application, std::string_view track,
                              Arch arch) const;
};
using CatalogView = std::shared_ptr<const Catalog>;

// What the channel offers, as the decision wants it; `channel` may be null.
update_service::Channel offer_of(const Catalog& catalog, const Channel* channel);
// The group's policy at this time: the ramp says the percentage.
Policy policy_at(const Group& group, WallTime now);

// What a new database begins with: the application of Container Linux and Flatcar, and for
// amd64 and arm64 the channels and groups alpha, beta, stable and edge, with Nebraska's
// ids of applications and groups.
Catalog default_catalog();
inline constexpr std::string_view kContainerLinuxId = "e96281a6-d1af-4bde-9a0a-97b76e56dc57";

}  // namespace argosy::update_service::model
