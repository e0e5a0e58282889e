#include "parts/update_service/mirror/keep.h"

#include <algorithm>

#include "lib/channel_metadata/metadata.h"
#include "parts/update_service/store/catalog_store.h"

namespace argosy::update_service {

namespace {

// A document that another one has replaced.
bool is_older(const std::string& metadata, const std::string& than) {
  const auto one = channel_metadata::parse(metadata);
  const auto other = channel_metadata::parse(than);
  return one && other && one->metadata.sequence < other->metadata.sequence;
}

}  // namespace

Result<uint64_t> keep(sql::Database& database, const Learned& learned, WallTime now) {
  const model::CatalogView catalog = TRY(store::load_catalog(database));
  const model::Channel* known = catalog->channel(learned.channel_id);
  if (known == nullptr || known->is_pinned) return uint64_t{0};
  model::Channel channel = *known;
  uint64_t added = 0;
  for (const Learned::Step& step : learned.steps) {
    const model::Package* there =
        catalog->package(channel.application_id, step.package.version, channel.arch);
    if (there == nullptr) ++added;
    const std::string id =
        there != nullptr ? there->id : TRY(store::add(database, step.package, now)).id;
    const bool is_known_floor =
        std::ranges::find(channel.floors, id, &model::Floor::package_id) != channel.floors.end();
    if (step.is_floor && !is_known_floor) channel.floors.push_back({id, step.floor_reason});
    channel.package_id = id;
  }
  if (!is_older(learned.metadata, known->metadata)) channel.metadata = learned.metadata;
  const bool is_blacklisted =
      std::ranges::find(channel.blacklist, channel.package_id) != channel.blacklist.end();
  if (is_blacklisted) return added;
  if (channel != *known) TRY(store::change(database, channel, now));
  return added;
}

}  // namespace argosy::update_service
